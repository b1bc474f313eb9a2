-- kpi_top_products with the product's name, NULL where no name was loaded.
SELECT
  products.event_date,
  products.signup_month,
  products.item_id,
  items.product_name,
  products.transaction_lines,
  products.orders,
  products.data_through
FROM caec_insights.kpi_top_products AS products
LEFT JOIN caec_analytics.dim_items AS items ON products.item_id = items.item_id
