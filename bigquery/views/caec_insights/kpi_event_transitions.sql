-- Which event type follows which within a session; '(start)' and '(end)' stand around it. Rows of one type and time are one step.
SELECT
  session_date,
  from_event,
  to_event,
  transitions,
  (SELECT MAX(last_event_ts) FROM caec_analytics.fct_days) AS data_through
FROM caec_analytics.fct_daily_transitions
