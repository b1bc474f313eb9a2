{# Whether a node is a table that analysts' views read: a model below marts/. #}
{% macro is_mart(node) -%}
  {{ return(node.resource_type | string == 'model' and 'marts' in node.fqn) }}
{%- endmacro %}
