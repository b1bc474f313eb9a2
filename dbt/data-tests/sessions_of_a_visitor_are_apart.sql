-- Rows here: a session that starts within the gap (var session_gap_minutes) after the visitor's session before it ended; the two should be one, unless that would be longer than a session may be.
{%- set scope = tested_scope() %}
select session_id
from (
  select
    session_id,
    session_start_ts,
    lag(session_start_ts) over (partition by visitor_id order by session_start_ts) as previous_start_ts,
    lag(session_end_ts) over (partition by visitor_id order by session_start_ts) as previous_end_ts
  from {{ ref('fct_sessions') }}
  where {{ gate_on_days(scope, 'session_date', 'session_days', before=1, after=1) }}
)
where timestamp_diff(session_start_ts, previous_end_ts, microsecond) <= {{ var('session_gap_minutes') }} * 60000000
  and timestamp_diff(session_start_ts, previous_start_ts, microsecond) <= {{ var('session_max_hours') }} * 3600000000
