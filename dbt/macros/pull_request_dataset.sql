{# The dataset of the pull request under test, or an error: it is created and dropped whole, so no other name may pass. #}
{% macro pull_request_dataset() -%}
  {%- set name = var('pull_request_dataset', '') | string -%}
  {%- if not modules.re.match('^caec_pr_[1-9][0-9]{0,9}\\Z', name) -%}
    {{ exceptions.raise_compiler_error("pull_request_dataset must be caec_pr_ and the number of a pull request, got '" ~ name ~ "'") }}
  {%- endif -%}
  {{ return(name) }}
{%- endmacro %}
