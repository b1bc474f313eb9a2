{# DATE '2015-05-03', DATE '2015-05-04': constants in a statement, by which BigQuery reads these partitions only. #}
{% macro date_list(days) -%}
  {%- for day in days -%}DATE '{{ checked_day(day, 'a day') }}'{{ ', ' if not loop.last }}{%- endfor -%}
{%- endmacro %}
