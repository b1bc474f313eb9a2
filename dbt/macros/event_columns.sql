{# The columns of sessionized events besides the partition column, as BigQuery declares them; the lake's Parquet files carry the same. #}
{% macro event_columns() -%}
  event_id STRING, event_ts TIMESTAMP, visitor_id INT64, event_type STRING, item_id INT64, transaction_id INT64, session_id STRING, session_start_ts TIMESTAMP
{%- endmacro %}
