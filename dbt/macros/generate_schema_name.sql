{#
  Dataset names are constant: a configured schema is the dataset, never a suffix of the target's.
  The test of a pull request gives one dataset for all models instead (--vars '{pull_request_dataset: caec_pr_7}'); sources stay where they are.
#}
{% macro generate_schema_name(custom_schema_name, node) -%}
  {%- if var('pull_request_dataset', none) is not none -%}
    {{ pull_request_dataset() }}
  {%- else -%}
    {{ (custom_schema_name or target.schema) | trim }}
  {%- endif -%}
{%- endmacro %}
