-- First sessions of visitors against those of visitors who came back, and how many of each have a purchase.
WITH days AS (
  SELECT
    days.activity_date AS session_date,
    users.signup_month,
    days.sessions,
    days.sessions_with_purchase,
    days.activity_date = DATE(users.first_seen_at) AS is_first_day,
    days.first_session_has_purchase
  FROM caec_analytics.fct_visitor_days AS days
  LEFT JOIN caec_analytics.dim_users AS users ON days.visitor_id = users.visitor_id
  WHERE days.sessions > 0
)

SELECT
  session_date,
  signup_month,
  COUNTIF(is_first_day) AS first_sessions,
  COUNTIF(is_first_day AND first_session_has_purchase) AS first_sessions_with_purchase,
  SUM(sessions) - COUNTIF(is_first_day) AS returning_sessions,
  SUM(sessions_with_purchase) - COUNTIF(is_first_day AND first_session_has_purchase) AS returning_sessions_with_purchase,
  (SELECT MAX(last_event_ts) FROM caec_analytics.fct_days) AS data_through
FROM days
GROUP BY session_date, signup_month
