{# The tables of caec_raw, which no model owns. The load is their only writer, of quality_results `dbt build`. #}
{% macro create_raw_tables() -%}
  {%- do run_query(
    "CREATE TABLE IF NOT EXISTS " ~ source('caec_raw', 'sessionized_events')
    ~ " (" ~ event_columns() ~ ", event_date DATE) PARTITION BY event_date CLUSTER BY visitor_id") -%}
  {%- for table, columns in [
    ('item_names', 'item_id STRING, product_name STRING'),
    ('lake_days', 'event_date DATE, version STRING'),
    ('loaded_days', 'event_date DATE, version STRING, loaded_by STRING'),
    ('quarantined_files', 'file STRING, reasons STRING'),
    ('file_counts', 'file STRING, event_date DATE, outcome STRING, reason STRING, row_count INT64'),
    ('quality_results', 'run_id STRING, judged_at TIMESTAMP, published_at TIMESTAMP, check_name STRING, event_date DATE, value FLOAT64, at_least FLOAT64, at_most FLOAT64, verdict STRING, detail STRING'),
  ] -%}
    {%- do run_query("CREATE TABLE IF NOT EXISTS " ~ source('caec_raw', table) ~ " (" ~ columns ~ ")") -%}
  {%- endfor -%}
{%- endmacro %}
