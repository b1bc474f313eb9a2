-- Share of sessions with a purchase, in any order of events, as a fraction 0 to 1 beside its parts. Sum the parts over days, never the rate.
SELECT
  sessions.session_date,
  users.signup_month,
  COUNT(*) AS sessions,
  COUNTIF(sessions.has_purchase) AS sessions_with_purchase,
  SAFE_DIVIDE(COUNTIF(sessions.has_purchase), COUNT(*)) AS conversion_rate,
  (SELECT MAX(last_event_ts) FROM caec_analytics.fct_days) AS data_through
FROM caec_analytics.fct_sessions AS sessions
LEFT JOIN caec_analytics.dim_users AS users ON sessions.visitor_id = users.visitor_id
GROUP BY sessions.session_date, users.signup_month
