-- Unique visitors of each UTC day, week (from Monday) and month, counted anew for each: never add them up over periods. Over signup months they may be added: each visitor has one.
-- New are those whose first event of all is in the period.
WITH visits AS (
  SELECT
    days.visitor_id,
    days.activity_date,
    users.signup_month,
    DATE(users.first_seen_at) AS first_date
  FROM caec_analytics.fct_visitor_days AS days
  LEFT JOIN caec_analytics.dim_users AS users ON days.visitor_id = users.visitor_id
),

periods AS (
  SELECT 'day' AS period, activity_date AS period_start, signup_month, visitor_id, first_date = activity_date AS is_new
  FROM visits
  UNION ALL
  SELECT 'week' AS period, DATE_TRUNC(activity_date, ISOWEEK) AS period_start, signup_month, visitor_id, first_date >= DATE_TRUNC(activity_date, ISOWEEK) AS is_new
  FROM visits
  UNION ALL
  SELECT 'month' AS period, DATE_TRUNC(activity_date, MONTH) AS period_start, signup_month, visitor_id, first_date >= DATE_TRUNC(activity_date, MONTH) AS is_new
  FROM visits
)

SELECT
  period,
  period_start,
  signup_month,
  COUNT(DISTINCT visitor_id) AS visitors,
  COUNT(DISTINCT IF(is_new, visitor_id, NULL)) AS new_visitors,
  COUNT(DISTINCT IF(is_new, NULL, visitor_id)) AS returning_visitors,
  (SELECT MAX(last_event_ts) FROM caec_analytics.fct_days) AS data_through
FROM periods
GROUP BY period, period_start, signup_month
