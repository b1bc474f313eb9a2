-- One row per loaded day: the version that was loaded, and the load that did it, by which the models find the days that changed; the load is the only writer.
CREATE TABLE IF NOT EXISTS caec_raw.loaded_days (
  event_date DATE,
  version STRING,
  loaded_by STRING
);
