-- Events per day, signup month and type; unknown types are kept, labelled by their name.
SELECT
  days.event_date,
  users.signup_month,
  days.event_type,
  CASE days.event_type
    WHEN 'view' THEN 'View'
    WHEN 'addtocart' THEN 'Add to cart'
    WHEN 'transaction' THEN 'Purchase'
    WHEN 'checkout' THEN 'Checkout'
    WHEN 'refund' THEN 'Refund'
    ELSE days.event_type
  END AS event_label,
  SUM(days.events) AS events,
  (SELECT MAX(last_event_ts) FROM caec_analytics.fct_days) AS data_through
FROM caec_analytics.fct_daily_events AS days
LEFT JOIN caec_analytics.dim_users AS users ON days.visitor_id = users.visitor_id
GROUP BY days.event_date, users.signup_month, days.event_type
