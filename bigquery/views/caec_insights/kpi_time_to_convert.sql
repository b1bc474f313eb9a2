-- Visitors by the day of their first purchase and the whole days of 24 hours since their first event; seconds_to_convert is the sum of all their times, so its mean is seconds_to_convert / visitors.
WITH purchases AS (
  SELECT
    days.visitor_id,
    MIN(days.first_purchase_ts) AS first_purchase_ts,
    MIN(days.first_purchase_session_start_ts) AS session_start_ts
  FROM caec_analytics.fct_visitor_days AS days
  WHERE days.first_purchase_ts IS NOT NULL
  GROUP BY days.visitor_id
),

converted AS (
  SELECT
    DATE(purchases.first_purchase_ts) AS first_purchase_date,
    users.signup_month,
    TIMESTAMP_DIFF(purchases.first_purchase_ts, users.first_seen_at, MICROSECOND) AS microseconds,
    purchases.session_start_ts = users.first_seen_at AS is_first_session
  FROM purchases
  INNER JOIN caec_analytics.dim_users AS users ON purchases.visitor_id = users.visitor_id
)

SELECT
  first_purchase_date,
  signup_month,
  DIV(microseconds, 86400000000) AS days_to_convert,
  COUNT(*) AS visitors,
  COUNTIF(is_first_session) AS visitors_in_first_session,
  SUM(microseconds) / 1000000 AS seconds_to_convert,
  (SELECT MAX(last_event_ts) FROM caec_analytics.fct_days) AS data_through
FROM converted
GROUP BY first_purchase_date, signup_month, days_to_convert
