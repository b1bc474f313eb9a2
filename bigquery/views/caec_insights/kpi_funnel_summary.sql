-- Sessions that contain a view, a cart, a purchase, in any order, per start day and signup month.
SELECT
  days.activity_date AS session_date,
  users.signup_month,
  SUM(days.sessions) AS sessions,
  SUM(days.sessions_with_view) AS sessions_with_view,
  SUM(days.sessions_with_cart) AS sessions_with_cart,
  SUM(days.sessions_with_purchase) AS sessions_with_purchase,
  (SELECT MAX(last_event_ts) FROM caec_analytics.fct_days) AS data_through
FROM caec_analytics.fct_visitor_days AS days
LEFT JOIN caec_analytics.dim_users AS users ON days.visitor_id = users.visitor_id
WHERE days.sessions > 0
GROUP BY days.activity_date, users.signup_month
