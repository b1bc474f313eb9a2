-- One row per product with a name; empty unless the names were loaded.
CREATE TABLE IF NOT EXISTS caec_raw.item_names (
  item_id INT64,
  product_name STRING
);
