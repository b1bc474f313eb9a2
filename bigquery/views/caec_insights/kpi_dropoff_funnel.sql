-- Ordered funnel (view, then cart, then transaction): sessions that reached each step, those that reached the step before, and the share lost.
-- The step before step 1 is "all sessions".
WITH reached AS (
  SELECT
    days.activity_date AS session_date,
    users.signup_month,
    SUM(days.sessions) AS step_0,
    SUM(days.sessions_to_step_1) AS step_1,
    SUM(days.sessions_to_step_2) AS step_2,
    SUM(days.sessions_to_step_3) AS step_3
  FROM caec_analytics.fct_visitor_days AS days
  LEFT JOIN caec_analytics.dim_users AS users ON days.visitor_id = users.visitor_id
  WHERE days.sessions > 0
  GROUP BY days.activity_date, users.signup_month
),

steps AS (
  SELECT session_date, signup_month, 1 AS step, 'view' AS step_name, step_1 AS sessions, step_0 AS sessions_previous_step FROM reached
  UNION ALL
  SELECT session_date, signup_month, 2 AS step, 'addtocart' AS step_name, step_2 AS sessions, step_1 AS sessions_previous_step FROM reached
  UNION ALL
  SELECT session_date, signup_month, 3 AS step, 'transaction' AS step_name, step_3 AS sessions, step_2 AS sessions_previous_step FROM reached
)

SELECT
  session_date,
  signup_month,
  step,
  step_name,
  sessions,
  sessions_previous_step,
  SAFE_DIVIDE(sessions_previous_step - sessions, sessions_previous_step) AS drop_off_rate,
  (SELECT MAX(last_event_ts) FROM caec_analytics.fct_days) AS data_through
FROM steps
