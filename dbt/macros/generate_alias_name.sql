{#
  The marts are built beside what is published, as `<name>__staged`; `publish_when_green` puts them in place. The test of a pull request has a dataset of its own and publishes nothing:
  there they have their plain names.
#}
{% macro generate_alias_name(custom_alias_name=none, node=none) -%}
  {%- set name = (custom_alias_name or node.name) | trim -%}
  {{ name ~ '__staged' if is_mart(node) and var('pull_request_dataset', none) is none else name }}
{%- endmacro %}
