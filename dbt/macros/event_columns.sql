{# The columns of sessionized events besides the partition column, as BigQuery declares them; the lake's Parquet files carry the same. #}
{% macro event_columns() -%}
  event_id STRING, event_ts TIMESTAMP, visitor_id STRING, event_type STRING, item_id STRING, transaction_id STRING, session_id STRING, session_start_ts TIMESTAMP,
  quantity INT64, value NUMERIC, currency STRING, page STRING, referrer STRING, traffic_source STRING, traffic_medium STRING, campaign STRING, device STRING, country STRING, properties STRING
{%- endmacro %}
