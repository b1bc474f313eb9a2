-- One row per build, check and day or file: what the gate judged, before anything is published; published_at is empty when the build was held back. dbt build is the only writer.
CREATE TABLE IF NOT EXISTS caec_raw.quality_results (
  run_id STRING,
  judged_at TIMESTAMP,
  published_at TIMESTAMP,
  check_name STRING,
  event_date DATE,
  value FLOAT64,
  at_least FLOAT64,
  at_most FLOAT64,
  verdict STRING,
  detail STRING
);
