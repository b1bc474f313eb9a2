-- Engagement: sessions, events, single-event sessions and total duration per start day and signup month.
SELECT
  sessions.session_date,
  users.signup_month,
  COUNT(*) AS sessions,
  SUM(sessions.events) AS events,
  COUNTIF(sessions.events = 1) AS single_event_sessions,
  -- Whole milliseconds: a sum of fractions depends on its order.
  SUM(TIMESTAMP_DIFF(sessions.session_end_ts, sessions.session_start_ts, MICROSECOND)) / 1000000 AS duration_seconds,
  (SELECT MAX(last_event_ts) FROM caec_analytics.fct_days) AS data_through
FROM caec_analytics.fct_sessions AS sessions
LEFT JOIN caec_analytics.dim_users AS users ON sessions.visitor_id = users.visitor_id
GROUP BY sessions.session_date, users.signup_month
