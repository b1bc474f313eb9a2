{# The condition that a column is one of the days of the scope (`which`), or so many days before or after one of them. #}
{% macro gate_on_days(scope, column='event_date', which='days', before=0, after=0, step=1) -%}
  {{ 'true' if scope.days is none else on_days(column, days_around(scope[which], before, after, step)) }}
{%- endmacro %}
