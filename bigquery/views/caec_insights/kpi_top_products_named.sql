-- kpi_top_products with the product's name, NULL where no name was loaded.
WITH products AS (
  SELECT
    events.event_date,
    users.signup_month,
    events.item_id,
    COUNT(*) AS transaction_lines,
    COUNT(DISTINCT events.transaction_id) AS orders
  FROM caec_analytics.fct_events AS events
  LEFT JOIN caec_analytics.dim_users AS users ON events.visitor_id = users.visitor_id
  WHERE events.event_type = 'transaction' AND events.item_id IS NOT NULL
  GROUP BY events.event_date, users.signup_month, events.item_id
)

SELECT
  products.event_date,
  products.signup_month,
  products.item_id,
  items.product_name,
  products.transaction_lines,
  products.orders,
  (SELECT MAX(last_event_ts) FROM caec_analytics.fct_days) AS data_through
FROM products
LEFT JOIN caec_analytics.dim_items AS items ON products.item_id = items.item_id
