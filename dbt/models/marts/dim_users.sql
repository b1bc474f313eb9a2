{{ config(materialized='table', cluster_by=['visitor_id']) }}
-- One row per visitor, from the first accepted event on; made of their days, and of their orders, which may span days.
with visitors as (
  select
    visitor_id,
    min(first_event_ts) as first_seen_at,
    max(last_event_ts) as last_seen_at,
    array_agg(first_session_id order by activity_date limit 1)[safe_offset(0)] as first_session_id,
    sum(events) as events,
    sum(sessions) as sessions
  from {{ ref('fct_visitor_days') }}
  group by visitor_id
),

buyers as (
  select
    visitor_id,
    count(distinct transaction_id) as orders
  from {{ ref('fct_daily_purchases') }}
  group by visitor_id
)

select
  visitors.visitor_id,
  visitors.first_seen_at,
  visitors.last_seen_at,
  date_trunc(date(visitors.first_seen_at), month) as signup_month,
  visitors.first_session_id,
  visitors.events,
  visitors.sessions,
  coalesce(buyers.orders, 0) as orders
from visitors
left join buyers on visitors.visitor_id = buyers.visitor_id
