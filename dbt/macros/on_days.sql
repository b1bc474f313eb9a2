{# `column` is one of these days: constants, by which BigQuery reads these partitions only. #}
{% macro on_days(column, days) -%}
  {%- if days -%}{{ column }} in ({{ date_list(days) }}){%- else -%}false{%- endif -%}
{%- endmacro %}
