-- Engagement: sessions, events, single-event sessions and total duration per start day and signup month.
SELECT
  days.activity_date AS session_date,
  users.signup_month,
  SUM(days.sessions) AS sessions,
  SUM(days.session_events) AS events,
  SUM(days.single_event_sessions) AS single_event_sessions,
  SUM(days.session_microseconds) / 1000000 AS duration_seconds,
  (SELECT MAX(last_event_ts) FROM caec_analytics.fct_days) AS data_through
FROM caec_analytics.fct_visitor_days AS days
LEFT JOIN caec_analytics.dim_users AS users ON days.visitor_id = users.visitor_id
WHERE days.sessions > 0
GROUP BY days.activity_date, users.signup_month
