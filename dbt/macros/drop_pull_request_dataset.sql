{#
  dbt run-operation drop_pull_request_dataset --vars '{pull_request_dataset: caec_pr_7}'    drops it with all tables; nothing to drop is fine
#}
{% macro drop_pull_request_dataset() -%}
  {%- set name = pull_request_dataset() -%}
  {%- do run_query("DROP SCHEMA IF EXISTS `" ~ target.project ~ "`." ~ name ~ " CASCADE") -%}
  {{ log('the dataset ' ~ name ~ ' is gone', info=true) }}
{%- endmacro %}
