-- One row per sessionized day of the lake with its version, as the last load found it; the load is the only writer.
CREATE TABLE IF NOT EXISTS caec_raw.lake_days (
  event_date DATE,
  version STRING
);
