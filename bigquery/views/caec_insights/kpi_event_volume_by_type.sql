-- Events per day, signup month and type; unknown types are kept, labelled by their name.
SELECT
  events.event_date,
  users.signup_month,
  events.event_type,
  CASE events.event_type
    WHEN 'view' THEN 'View'
    WHEN 'addtocart' THEN 'Add to cart'
    WHEN 'transaction' THEN 'Purchase'
    WHEN 'checkout' THEN 'Checkout'
    WHEN 'refund' THEN 'Refund'
    ELSE events.event_type
  END AS event_label,
  SUM(events.events) AS events,
  (SELECT MAX(last_event_ts) FROM caec_analytics.fct_days) AS data_through
FROM caec_analytics.fct_daily_events AS events
LEFT JOIN caec_analytics.dim_users AS users ON events.visitor_id = users.visitor_id
GROUP BY events.event_date, users.signup_month, events.event_type
