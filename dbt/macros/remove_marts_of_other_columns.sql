{#
  Staged marts that have other columns than their model, or visitors that are numbers (version 1 of the contract): nothing can be built on them, so they go and are built whole. What is published stays until
  the build is green.
#}
{% macro remove_marts_of_other_columns() -%}
  {%- for id in incremental_marts() -%}
    {%- set mart = graph.nodes[id] -%}
    {%- set staged = adapter.get_relation(mart.database, mart.schema, mart.alias) -%}
    {%- if staged is not none -%}
      {%- set columns = adapter.get_columns_in_relation(staged) | map(attribute='name') | sort -%}
      {%- if columns != mart.columns | sort or ids_are_numbers(staged) -%}
        {%- do adapter.drop_relation(staged) -%}
        {{ log(mart.alias ~ ' had other columns than its model: it is built whole', info=true) }}
      {%- endif -%}
    {%- endif -%}
  {%- endfor -%}
{%- endmacro %}
