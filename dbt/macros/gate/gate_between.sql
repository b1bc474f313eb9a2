{# The condition that a column lies between two days of the scope; `before` and `after`: so many days more. #}
{% macro gate_between(scope, column, first, last, before=0, after=0) -%}
  {%- if scope.days is none -%}true
  {%- elif not scope.days -%}false
  {%- else -%}{{ column }} between date_sub(date '{{ scope[first] }}', interval {{ before }} day) and {% if after %}date_add(date '{{ scope[last] }}', interval {{ after }} day){% else %}date '{{ scope[last] }}'{% endif %}
  {%- endif -%}
{%- endmacro %}
