-- Sessions and conversion by their own source, medium and campaign: the last ones that the session names up to its first purchase.
-- '(not set)': the session, or the whole source of events, as RetailRocket, names none.
SELECT
  session_date,
  COALESCE(traffic_source, '(not set)') AS traffic_source,
  COALESCE(traffic_medium, '(not set)') AS traffic_medium,
  COALESCE(campaign, '(not set)') AS campaign,
  SUM(sessions) AS sessions,
  SUM(sessions_with_purchase) AS sessions_with_purchase,
  SAFE_DIVIDE(SUM(sessions_with_purchase), SUM(sessions)) AS conversion_rate,
  (SELECT MAX(last_event_ts) FROM caec_analytics.fct_days) AS data_through
FROM caec_analytics.fct_daily_sessions
GROUP BY 1, 2, 3, 4
