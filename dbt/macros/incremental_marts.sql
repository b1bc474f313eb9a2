{# The nodes of all incremental marts: what `built_days` tells of is true of all of them, or of none. #}
{% macro incremental_marts() -%}
  {%- set found = [] -%}
  {%- for node in graph.nodes.values() if is_mart(node) and node.config.materialized == 'incremental' -%}{%- do found.append(node.unique_id) -%}{%- endfor -%}
  {{ return(found) }}
{%- endmacro %}
