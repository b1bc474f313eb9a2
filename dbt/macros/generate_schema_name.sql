{# Dataset names are constant: a configured schema is the dataset, never a suffix of the target's. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
  {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
