-- Sessions and conversion by country, the first one that the session names; '(not set)': it, or the whole source of events, as RetailRocket, names none.
SELECT
  session_date,
  COALESCE(country, '(not set)') AS country,
  SUM(sessions) AS sessions,
  SUM(sessions_with_purchase) AS sessions_with_purchase,
  SAFE_DIVIDE(SUM(sessions_with_purchase), SUM(sessions)) AS conversion_rate,
  (SELECT MAX(last_event_ts) FROM caec_analytics.fct_days) AS data_through
FROM caec_analytics.fct_daily_sessions
GROUP BY 1, 2
