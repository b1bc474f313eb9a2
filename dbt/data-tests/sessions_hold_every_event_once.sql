-- Rows here: a session whose event count is not the number of its events in fct_events, that has none, or that is not in fct_sessions.
{%- set scope = tested_scope() %}
with sessions as (
  select session_id, events
  from {{ ref('fct_sessions') }}
  where {{ gate_on_days(scope, 'session_date', 'session_days') }}
),

counted as (
  select session_id, count(*) as events
  from {{ ref('fct_events') }}
  where {{ gate_on_days(scope, which='event_days') }} and {{ gate_on_days(scope, 'date(session_start_ts)', 'session_days') }}
  group by session_id
)

select coalesce(sessions.session_id, counted.session_id) as session_id
from sessions
full join counted on sessions.session_id = counted.session_id
where sessions.events is null or counted.events is null or counted.events != sessions.events
