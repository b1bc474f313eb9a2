-- One row per raw file that clean left out whole, with its counts by reason as JSON; the load is the only writer.
CREATE TABLE IF NOT EXISTS caec_raw.quarantined_files (
  file STRING,
  reasons STRING
);
