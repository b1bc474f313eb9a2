-- Products sold: order lines and orders per day, signup month and product. Rank by summed lines, ties by item_id ascending.
SELECT
  events.event_date,
  users.signup_month,
  events.item_id,
  COUNT(*) AS transaction_lines,
  COUNT(DISTINCT events.transaction_id) AS orders,
  (SELECT MAX(last_event_ts) FROM caec_analytics.fct_days) AS data_through
FROM caec_analytics.fct_events AS events
LEFT JOIN caec_analytics.dim_users AS users ON events.visitor_id = users.visitor_id
WHERE events.event_type = 'transaction' AND events.item_id IS NOT NULL
GROUP BY events.event_date, users.signup_month, events.item_id
