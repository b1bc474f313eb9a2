-- Orders, revenue, average order value and refunds per currency. An order counts once in its session, also over midnight; refunds are not taken off the revenue.
-- Money is NULL and the currency '(not set)' where the source tells none, as RetailRocket does. Never add money over currencies.
SELECT
  session_date,
  COALESCE(currency, '(not set)') AS currency,
  SUM(orders) AS orders,
  SUM(orders_with_value) AS orders_with_value,
  SUM(revenue) AS revenue,
  SUM(revenue_of_orders) AS revenue_of_orders,
  SAFE_DIVIDE(SUM(revenue_of_orders), SUM(orders_with_value)) AS average_order_value,
  SUM(refunded_value) AS refunded_value,
  (SELECT MAX(last_event_ts) FROM caec_analytics.fct_days) AS data_through
FROM caec_analytics.fct_daily_commerce
WHERE orders > 0 OR revenue IS NOT NULL OR refunded_value IS NOT NULL
GROUP BY 1, 2
