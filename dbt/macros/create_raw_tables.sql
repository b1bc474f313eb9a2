{# The tables of caec_raw, which no model owns. The load is their only writer. #}
{% macro create_raw_tables() -%}
  {%- do run_query(
    "CREATE TABLE IF NOT EXISTS " ~ source('caec_raw', 'sessionized_events')
    ~ " (" ~ event_columns() ~ ", event_date DATE) PARTITION BY event_date CLUSTER BY visitor_id") -%}
  {%- for table, columns in [
    ('item_names', 'item_id STRING, product_name STRING'),
    ('lake_days', 'event_date DATE, version STRING'),
    ('loaded_days', 'event_date DATE, version STRING, loaded_by STRING'),
    ('quarantined_files', 'file STRING, reasons STRING'),
  ] -%}
    {%- do run_query("CREATE TABLE IF NOT EXISTS " ~ source('caec_raw', table) ~ " (" ~ columns ~ ")") -%}
  {%- endfor -%}
{%- endmacro %}
