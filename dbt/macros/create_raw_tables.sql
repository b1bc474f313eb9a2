{#
  The tables of caec_raw, which no model owns. The load is their only writer, of quality_results `dbt build`.
  quality_last_run is what the last build's gate said, for everybody who asks; `sentence` is one result in words.
#}
{% macro create_raw_tables() -%}
  {%- do run_query(
    "CREATE TABLE IF NOT EXISTS " ~ source('caec_raw', 'sessionized_events')
    ~ " (" ~ event_columns() ~ ", event_date DATE) PARTITION BY event_date CLUSTER BY visitor_id") -%}
  {%- for table, columns in raw_columns().items() -%}
    {%- do run_query("CREATE TABLE IF NOT EXISTS " ~ source('caec_raw', table) ~ " (" ~ columns ~ ")") -%}
  {%- endfor -%}
  {%- set results = source('caec_raw', 'quality_results') -%}
  {%- do run_query(
    "CREATE OR REPLACE VIEW " ~ source('caec_raw', 'quality_last_run')
    ~ " AS SELECT *, CONCAT(check_name, COALESCE(CONCAT(' of ', CAST(event_date AS STRING)), ''), COALESCE(CONCAT(': ', detail), '')) AS sentence FROM " ~ results
    ~ " WHERE run_id = (SELECT run_id FROM " ~ results ~ " ORDER BY judged_at DESC LIMIT 1)") -%}
{%- endmacro %}
