-- One row per product with a name; empty unless the names were loaded.
CREATE TABLE IF NOT EXISTS caec_raw.item_names (
  item_id STRING,
  product_name STRING
);
