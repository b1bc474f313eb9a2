{# The condition that a column lies between two days of the scope; `before`: so many days earlier. #}
{% macro gate_between(scope, column, first, last, before=0) -%}
  {%- if scope.days is none -%}true
  {%- elif not scope.days -%}false
  {%- else -%}{{ column }} between date_sub(date '{{ scope[first] }}', interval {{ before }} day) and date '{{ scope[last] }}'
  {%- endif -%}
{%- endmacro %}
