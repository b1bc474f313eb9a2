-- Products sold: order lines and orders per day, signup month and product; an order over midnight counts on the day of its first line. Rank by summed lines, ties by item_id ascending.
WITH purchases AS (
  SELECT
    purchases.event_date,
    users.signup_month,
    purchases.item_id,
    purchases.transaction_id,
    purchases.lines,
    ROW_NUMBER() OVER (PARTITION BY purchases.transaction_id, purchases.item_id, users.signup_month ORDER BY purchases.first_line_ts) AS day_of_order
  FROM caec_analytics.fct_daily_purchases AS purchases
  LEFT JOIN caec_analytics.dim_users AS users ON purchases.visitor_id = users.visitor_id
  WHERE purchases.item_id IS NOT NULL
)

SELECT
  event_date,
  signup_month,
  item_id,
  SUM(lines) AS transaction_lines,
  COUNTIF(transaction_id IS NOT NULL AND day_of_order = 1) AS orders,
  (SELECT MAX(last_event_ts) FROM caec_analytics.fct_days) AS data_through
FROM purchases
GROUP BY event_date, signup_month, item_id
