-- Products sold: order lines and orders per day, signup month and product; an order over midnight counts on the day of its first line. Rank by summed lines, ties by item_id ascending.
WITH lines AS (
  SELECT
    events.event_date,
    users.signup_month,
    events.item_id,
    events.transaction_id,
    ROW_NUMBER() OVER (PARTITION BY events.transaction_id, events.item_id, users.signup_month ORDER BY events.event_ts) AS line_of_order
  FROM caec_analytics.fct_events AS events
  LEFT JOIN caec_analytics.dim_users AS users ON events.visitor_id = users.visitor_id
  WHERE events.event_type = 'transaction' AND events.item_id IS NOT NULL
)

SELECT
  event_date,
  signup_month,
  item_id,
  COUNT(*) AS transaction_lines,
  COUNTIF(transaction_id IS NOT NULL AND line_of_order = 1) AS orders,
  (SELECT MAX(last_event_ts) FROM caec_analytics.fct_days) AS data_through
FROM lines
GROUP BY event_date, signup_month, item_id
