-- First and last item of the sessions of a day, of the events that have one; '(not set)': sessions without an item. Entries and exits each add up to all sessions.
SELECT
  session_date,
  COALESCE(name, '(not set)') AS item_id,
  SUM(entries) AS entries,
  SUM(entries_with_purchase) AS entries_with_purchase,
  SUM(exits) AS exits,
  SUM(exits_with_purchase) AS exits_with_purchase,
  (SELECT MAX(last_event_ts) FROM caec_analytics.fct_days) AS data_through
FROM caec_analytics.fct_daily_entries
WHERE dimension = 'item'
GROUP BY 1, 2
