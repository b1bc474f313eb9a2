{# `built_days`, beside the marts: one row per day, which load of it the staged marts hold (`loaded_by`), which they are about to hold (`pending`, NULL: the day is gone), and the earliest start of its sessions. #}
{% macro built_days() -%}
  {%- set mart = graph.nodes['model.caec.fct_sessions'] -%}
  {{ return(api.Relation.create(database=mart.database, schema=mart.schema, identifier='built_days', type='table')) }}
{%- endmacro %}
