{{
  config(
    materialized='incremental',
    incremental_strategy='insert_overwrite',
    partition_by={'field': 'session_date', 'data_type': 'date', 'granularity': 'day'},
    cluster_by=['from_event'],
    on_schema_change='fail',
    pre_hook="{{ remove_changed('session_date', 'session_days') }}"
  )
}}
-- Steps from one event type to the next within a session, by its start day. Rows of one type and time are one step: the lines of an order follow no one.
-- `(start)` and `(end)` stand before the first and after the last, so what leaves a type is all that came to it.
with steps as (
  select
    session_id,
    session_start_ts,
    event_ts,
    event_type,
    min(position) as position
  from (
    select
      session_id,
      session_start_ts,
      event_ts,
      event_type,
      row_number() over (partition by session_id order by {{ event_order() }}) as position
    from {{ ref('fct_events') }}
    {{ of_changed_sessions() }}
  )
  group by session_id, session_start_ts, event_ts, event_type
),

followed as (
  select
    session_start_ts,
    event_type,
    lag(event_type) over (partition by session_id order by position) as previous_type,
    lead(event_type) over (partition by session_id order by position) as next_type
  from steps
),

transitions as (
  select session_start_ts, event_type as from_event, coalesce(next_type, '(end)') as to_event from followed
  union all
  select session_start_ts, '(start)' as from_event, event_type as to_event from followed where previous_type is null
)

select
  date(session_start_ts) as session_date,
  from_event,
  to_event,
  count(*) as transitions
from transitions
group by 1, 2, 3
