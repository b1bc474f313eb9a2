{# A mart as it is staged, or as it is published: hooks have no ref(). #}
{% macro mart_relation(name, is_published=false) -%}
  {%- set node = graph.nodes['model.caec.' ~ name] -%}
  {{ return(api.Relation.create(database=node.database, schema=node.schema, identifier=(node.config.alias or node.name) if is_published else node.alias, type='table')) }}
{%- endmacro %}
