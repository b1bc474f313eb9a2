{# `published_days`, beside the marts: which load of each day the published marts hold. #}
{% macro published_days() -%}
  {%- set mart = graph.nodes['model.caec.fct_sessions'] -%}
  {{ return(api.Relation.create(database=mart.database, schema=mart.schema, identifier='published_days', type='table')) }}
{%- endmacro %}
