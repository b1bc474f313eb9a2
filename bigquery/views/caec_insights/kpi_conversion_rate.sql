-- Share of sessions with a purchase, in any order of events, as a fraction 0 to 1 beside its parts. Sum the parts over days, never the rate.
SELECT
  days.activity_date AS session_date,
  users.signup_month,
  SUM(days.sessions) AS sessions,
  SUM(days.sessions_with_purchase) AS sessions_with_purchase,
  SAFE_DIVIDE(SUM(days.sessions_with_purchase), SUM(days.sessions)) AS conversion_rate,
  (SELECT MAX(last_event_ts) FROM caec_analytics.fct_days) AS data_through
FROM caec_analytics.fct_visitor_days AS days
LEFT JOIN caec_analytics.dim_users AS users ON days.visitor_id = users.visitor_id
WHERE days.sessions > 0
GROUP BY days.activity_date, users.signup_month
