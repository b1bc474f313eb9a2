-- One row per accepted event with its session; the load overwrites each day whole and is the only writer.
-- Columns carry no description here: LOAD DATA OVERWRITE brings its own column list and would drop it again.
CREATE TABLE IF NOT EXISTS caec_raw.sessionized_events (
  event_id STRING,
  event_ts TIMESTAMP,
  visitor_id STRING,
  event_type STRING,
  item_id STRING,
  transaction_id STRING,
  session_id STRING,
  session_start_ts TIMESTAMP,
  quantity INT64,
  value NUMERIC,
  currency STRING,
  page STRING,
  referrer STRING,
  traffic_source STRING,
  traffic_medium STRING,
  campaign STRING,
  device STRING,
  country STRING,
  properties STRING,
  event_date DATE
)
PARTITION BY event_date
CLUSTER BY visitor_id;
