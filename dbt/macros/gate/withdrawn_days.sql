{# Days that are published, and in no load any more or without an accepted row: constants, so that only their partitions are read. None where nothing is published. #}
{% macro withdrawn_days() -%}
  {%- set days = [] -%}
  {%- if load_relation(published_days()) is not none and load_relation(mart_relation('fct_events', is_published=true)) is not none -%}
    {%- set clean = "FROM " ~ source('caec_raw', 'file_counts') ~ " WHERE outcome = 'clean'" -%}
    {%- for row in run_query(
      "SELECT CAST(event_date AS STRING) AS event_date FROM " ~ published_days() ~ " WHERE event_date NOT IN (SELECT event_date FROM " ~ source('caec_raw', 'loaded_days') ~ ")"
      ~ " OR ((SELECT COUNT(*) " ~ clean ~ ") > 0 AND event_date NOT IN (SELECT event_date " ~ clean ~ ")) ORDER BY 1") -%}
      {%- do days.append(checked_day(row[0], 'a published day')) -%}
    {%- endfor -%}
  {%- endif -%}
  {{ return(days) }}
{%- endmacro %}
