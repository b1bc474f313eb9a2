{# The tables of caec_raw, which no model owns. The load is their only writer, of quality_results `dbt build`. #}
{% macro create_raw_tables() -%}
  {%- do run_query(
    "CREATE TABLE IF NOT EXISTS " ~ source('caec_raw', 'sessionized_events')
    ~ " (" ~ event_columns() ~ ", event_date DATE) PARTITION BY event_date CLUSTER BY visitor_id") -%}
  {%- for table, columns in raw_columns().items() -%}
    {%- do run_query("CREATE TABLE IF NOT EXISTS " ~ source('caec_raw', table) ~ " (" ~ columns ~ ")") -%}
  {%- endfor -%}
{%- endmacro %}
