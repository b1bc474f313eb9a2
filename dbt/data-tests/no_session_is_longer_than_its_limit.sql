-- Rows here: a session that lasted longer than a session may (var session_max_hours); it should have ended, and another begun.
select session_id
from {{ ref('fct_sessions') }}
where timestamp_diff(session_end_ts, session_start_ts, microsecond) > {{ var('session_max_hours') }} * 3600000000
