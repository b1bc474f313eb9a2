-- One row per loaded day with the version that was loaded; the load is the only writer.
CREATE TABLE IF NOT EXISTS caec_raw.loaded_days (
  event_date DATE,
  version STRING
);
