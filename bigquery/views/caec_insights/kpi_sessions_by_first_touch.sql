-- Sessions and conversion by what first brought the visitor: source, medium and campaign of the first event of theirs that names one, in whatever session.
-- '(not set)': the visitor, or the whole source of events, as RetailRocket, names none.
WITH touches AS (
  SELECT visitor_id, traffic_source, traffic_medium, campaign
  FROM caec_analytics.fct_visitor_days
  WHERE touch_ts IS NOT NULL
  QUALIFY ROW_NUMBER() OVER (PARTITION BY visitor_id ORDER BY activity_date) = 1
),

sessions AS (
  SELECT
    days.activity_date AS session_date,
    users.signup_month,
    COALESCE(touches.traffic_source, '(not set)') AS traffic_source,
    COALESCE(touches.traffic_medium, '(not set)') AS traffic_medium,
    COALESCE(touches.campaign, '(not set)') AS campaign,
    days.sessions,
    days.sessions_with_purchase
  FROM caec_analytics.fct_visitor_days AS days
  LEFT JOIN caec_analytics.dim_users AS users ON days.visitor_id = users.visitor_id
  LEFT JOIN touches ON days.visitor_id = touches.visitor_id
  WHERE days.sessions > 0
)

SELECT
  session_date,
  signup_month,
  traffic_source,
  traffic_medium,
  campaign,
  SUM(sessions) AS sessions,
  SUM(sessions_with_purchase) AS sessions_with_purchase,
  SAFE_DIVIDE(SUM(sessions_with_purchase), SUM(sessions)) AS conversion_rate,
  (SELECT MAX(last_event_ts) FROM caec_analytics.fct_days) AS data_through
FROM sessions
GROUP BY session_date, signup_month, traffic_source, traffic_medium, campaign
