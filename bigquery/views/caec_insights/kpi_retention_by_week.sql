-- Retention grid: of the visitors whose first event is in a week (from Monday, UTC), those with an event in each week since; a week without any is a row with 0.
-- The newest week is not over before is_week_over says so. Week 0 is all of them.
WITH visits AS (
  SELECT
    DATE_TRUNC(DATE(users.first_seen_at), ISOWEEK) AS cohort_week,
    users.signup_month,
    DATE_TRUNC(days.activity_date, ISOWEEK) AS active_week,
    days.visitor_id
  FROM caec_analytics.fct_visitor_days AS days
  INNER JOIN caec_analytics.dim_users AS users ON days.visitor_id = users.visitor_id
),

active AS (
  SELECT cohort_week, signup_month, active_week, COUNT(DISTINCT visitor_id) AS visitors
  FROM visits
  GROUP BY cohort_week, signup_month, active_week
),

cohorts AS (
  SELECT cohort_week, signup_month, COUNT(DISTINCT visitor_id) AS cohort_visitors
  FROM visits
  GROUP BY cohort_week, signup_month
),

newest AS (
  SELECT MAX(last_event_ts) AS data_through FROM caec_analytics.fct_days
),

grid AS (
  SELECT cohorts.cohort_week, cohorts.signup_month, cohorts.cohort_visitors, active_week, newest.data_through
  FROM cohorts
  CROSS JOIN newest
  CROSS JOIN UNNEST(GENERATE_DATE_ARRAY(cohorts.cohort_week, DATE(newest.data_through), INTERVAL 7 DAY)) AS active_week
)

SELECT
  grid.cohort_week,
  grid.signup_month,
  DIV(DATE_DIFF(grid.active_week, grid.cohort_week, DAY), 7) AS weeks_since_first,
  grid.cohort_visitors,
  COALESCE(active.visitors, 0) AS visitors,
  SAFE_DIVIDE(COALESCE(active.visitors, 0), grid.cohort_visitors) AS retention_rate,
  DATE_ADD(grid.active_week, INTERVAL 7 DAY) <= DATE(grid.data_through) AS is_week_over,
  grid.data_through
FROM grid
LEFT JOIN active
  ON grid.cohort_week = active.cohort_week AND grid.signup_month = active.signup_month AND grid.active_week = active.active_week
