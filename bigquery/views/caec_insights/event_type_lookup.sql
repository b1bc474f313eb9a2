-- Label and funnel step of each event type; a type that only the data knows is kept, labelled by its name, outside the funnel.
WITH known AS (
  SELECT 'view' AS event_type, 'View' AS event_label, 1 AS funnel_step
  UNION ALL
  SELECT 'addtocart' AS event_type, 'Add to cart' AS event_label, 2 AS funnel_step
  UNION ALL
  SELECT 'transaction' AS event_type, 'Purchase' AS event_label, 3 AS funnel_step
  UNION ALL
  SELECT 'checkout' AS event_type, 'Checkout' AS event_label, NULL AS funnel_step
  UNION ALL
  SELECT 'refund' AS event_type, 'Refund' AS event_label, NULL AS funnel_step
),

seen AS (
  SELECT event_type FROM known WHERE funnel_step IS NOT NULL
  UNION DISTINCT
  -- Every event goes on to another, or to the end of its session.
  SELECT from_event AS event_type FROM caec_analytics.fct_daily_transitions WHERE from_event != '(start)'
)

SELECT
  seen.event_type,
  COALESCE(known.event_label, seen.event_type) AS event_label,
  known.funnel_step,
  (SELECT MAX(last_event_ts) FROM caec_analytics.fct_days) AS data_through
FROM seen
LEFT JOIN known ON seen.event_type = known.event_type
