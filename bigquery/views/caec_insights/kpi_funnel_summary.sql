-- Sessions that contain a view, a cart, a purchase, in any order, per start day and signup month.
SELECT
  sessions.session_date,
  users.signup_month,
  COUNT(*) AS sessions,
  COUNTIF(sessions.has_view) AS sessions_with_view,
  COUNTIF(sessions.has_cart) AS sessions_with_cart,
  COUNTIF(sessions.has_purchase) AS sessions_with_purchase,
  (SELECT MAX(last_event_ts) FROM caec_analytics.fct_days) AS data_through
FROM caec_analytics.fct_sessions AS sessions
LEFT JOIN caec_analytics.dim_users AS users ON sessions.visitor_id = users.visitor_id
GROUP BY sessions.session_date, users.signup_month
