-- Rows here: a session whose event count is not the number of its events in fct_events, or that has none.
select sessions.session_id
from {{ ref('fct_sessions') }} as sessions
left join (
  select session_id, count(*) as events
  from {{ ref('fct_events') }}
  group by session_id
) as counted on sessions.session_id = counted.session_id
where counted.events is null or counted.events != sessions.events
