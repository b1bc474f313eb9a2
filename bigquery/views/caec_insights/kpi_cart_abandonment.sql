-- Carts (what a session adds, per currency), those of sessions without a purchase, and the value left in them. Value is NULL and the currency '(not set)' where the source tells none,
-- as RetailRocket does. Never add values over currencies.
SELECT
  session_date,
  COALESCE(currency, '(not set)') AS currency,
  SUM(carts) AS carts,
  SUM(abandoned_carts) AS abandoned_carts,
  SAFE_DIVIDE(SUM(abandoned_carts), SUM(carts)) AS abandonment_rate,
  SUM(cart_value) AS cart_value,
  SUM(abandoned_value) AS abandoned_value,
  (SELECT MAX(last_event_ts) FROM caec_analytics.fct_days) AS data_through
FROM caec_analytics.fct_daily_commerce
WHERE carts > 0
GROUP BY 1, 2
