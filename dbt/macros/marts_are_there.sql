{# Whether both facts have been built and `built_days` tells of them. #}
{% macro marts_are_there() -%}
  {%- for name in ['fct_events', 'fct_sessions'] -%}
    {%- set mart = graph.nodes['model.caec.' ~ name] -%}
    {%- if adapter.get_relation(mart.database, mart.schema, mart.alias) is none -%}{{ return(false) }}{%- endif -%}
  {%- endfor -%}
  {{ return(load_relation(built_days()) is not none) }}
{%- endmacro %}
