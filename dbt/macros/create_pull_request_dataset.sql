{#
  dbt run-operation create_pull_request_dataset --vars '{pull_request_dataset: caec_pr_7}'    whoever runs it owns the dataset; its tables end after 14 days if nobody drops it
#}
{% macro create_pull_request_dataset() -%}
  {%- set name = pull_request_dataset() -%}
  {%- do run_query("CREATE SCHEMA IF NOT EXISTS `" ~ target.project ~ "`." ~ name ~ " OPTIONS (location = '" ~ target.location ~ "', default_table_expiration_days = 14)") -%}
  {{ log('the dataset ' ~ name ~ ' is there', info=true) }}
{%- endmacro %}
