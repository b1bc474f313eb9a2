-- Activity of each signup month (month of a visitor's first event) over the days: sessions and those with a purchase.
SELECT
  users.signup_month,
  sessions.session_date,
  COUNT(*) AS sessions,
  COUNTIF(sessions.has_purchase) AS sessions_with_purchase,
  (SELECT MAX(last_event_ts) FROM caec_analytics.fct_days) AS data_through
FROM caec_analytics.fct_sessions AS sessions
LEFT JOIN caec_analytics.dim_users AS users ON sessions.visitor_id = users.visitor_id
GROUP BY users.signup_month, sessions.session_date
