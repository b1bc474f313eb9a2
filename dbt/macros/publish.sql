{# One staged mart over the published one, rows, columns, partitions and description alike. #}
{% macro publish(node) -%}
  {%- set staged = api.Relation.create(database=node.database, schema=node.schema, identifier=node.alias) -%}
  {%- set published = api.Relation.create(database=node.database, schema=node.schema, identifier=node.config.alias or node.name) -%}
  {%- do adapter.copy_table(staged, published, 'table') -%}
{%- endmacro %}
