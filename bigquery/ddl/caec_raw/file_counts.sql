-- One row per raw file, day, outcome (clean, rejected, duplicates; late: of the clean ones; unprocessed: a file that is still new) and reason, as clean counted them; the load is the only writer.
CREATE TABLE IF NOT EXISTS caec_raw.file_counts (
  file STRING,
  event_date DATE,
  outcome STRING,
  reason STRING,
  row_count INT64
);
