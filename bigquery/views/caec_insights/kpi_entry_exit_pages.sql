-- First and last page of the sessions of a day, without query and fragment; '(not set)': sessions without a page, so all of a source that tells none, as RetailRocket. Entries and exits each add up to all sessions.
SELECT
  session_date,
  COALESCE(name, '(not set)') AS page,
  SUM(entries) AS entries,
  SUM(entries_with_purchase) AS entries_with_purchase,
  SUM(exits) AS exits,
  SUM(exits_with_purchase) AS exits_with_purchase,
  (SELECT MAX(last_event_ts) FROM caec_analytics.fct_days) AS data_through
FROM caec_analytics.fct_daily_entries
WHERE dimension = 'page'
GROUP BY 1, 2
