-- Activity of each signup month (month of a visitor's first event) over the days: sessions and those with a purchase.
SELECT
  users.signup_month,
  days.activity_date AS session_date,
  SUM(days.sessions) AS sessions,
  SUM(days.sessions_with_purchase) AS sessions_with_purchase,
  (SELECT MAX(last_event_ts) FROM caec_analytics.fct_days) AS data_through
FROM caec_analytics.fct_visitor_days AS days
LEFT JOIN caec_analytics.dim_users AS users ON days.visitor_id = users.visitor_id
WHERE days.sessions > 0
GROUP BY users.signup_month, days.activity_date
