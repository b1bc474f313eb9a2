-- Rows here: a session that lasted longer than a session may (var session_max_hours); it should have ended, and another begun.
{%- set scope = tested_scope() %}
select session_id
from {{ ref('fct_sessions') }}
where {{ gate_on_days(scope, 'session_date', 'session_days') }}
  and timestamp_diff(session_end_ts, session_start_ts, microsecond) > {{ var('session_max_hours') }} * 3600000000
