{# Whether a table is of version 1 of the contract, whose ids were INT64. #}
{% macro ids_are_numbers(relation) -%}
  {%- set found = [] -%}
  {%- for column in adapter.get_columns_in_relation(relation) if column.name == 'visitor_id' and column.dtype == 'INT64' -%}{%- do found.append(column) -%}{%- endfor -%}
  {{ return(found | length > 0) }}
{%- endmacro %}
