{{ config(materialized='table', cluster_by=['visitor_id']) }}
-- One row per visitor, from the first accepted event on.
with users as (
  select
    visitor_id,
    min(event_ts) as first_seen_at,
    max(event_ts) as last_seen_at,
    min(session_start_ts) as first_session_start_ts,
    count(*) as events,
    count(distinct session_id) as sessions,
    count(distinct if(event_type = 'transaction', transaction_id, null)) as orders
  from {{ ref('stg_sessionized_events') }}
  group by visitor_id
)

select
  users.visitor_id,
  users.first_seen_at,
  users.last_seen_at,
  date_trunc(date(users.first_seen_at), month) as signup_month,
  first_sessions.session_id as first_session_id,
  users.events,
  users.sessions,
  users.orders
from users
inner join {{ ref('fct_sessions') }} as first_sessions
  on users.visitor_id = first_sessions.visitor_id and users.first_session_start_ts = first_sessions.session_start_ts
