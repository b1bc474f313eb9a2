{# Staged facts whose visitors are numbers are of version 1 of the contract: nothing can be built on them, so they go and everything is built. What is published stays until the build is green. #}
{% macro remove_marts_of_version_1() -%}
  {%- for name in ['fct_events', 'fct_sessions'] -%}
    {%- set mart = graph.nodes['model.caec.' ~ name] -%}
    {%- set staged = adapter.get_relation(mart.database, mart.schema, mart.alias) -%}
    {%- if staged is not none and ids_are_numbers(staged) -%}
      {%- do adapter.drop_relation(staged) -%}
      {{ log(mart.alias ~ ' held ids as numbers: everything is built', info=true) }}
    {%- endif -%}
  {%- endfor -%}
{%- endmacro %}
