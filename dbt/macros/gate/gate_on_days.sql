{# The condition that a column is a judged day. #}
{% macro gate_on_days(scope, column='event_date') -%}
  {{ 'true' if scope.days is none else on_days(column, scope.days) }}
{%- endmacro %}
