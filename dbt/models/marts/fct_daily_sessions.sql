{{
  config(
    materialized='incremental',
    incremental_strategy='insert_overwrite',
    partition_by={'field': 'session_date', 'data_type': 'date', 'granularity': 'day'},
    cluster_by=['traffic_source', 'device', 'country'],
    on_schema_change='fail',
    pre_hook="{{ remove_changed('session_date', 'session_days') }}"
  )
}}
-- Sessions by start day and what their visitors came from and with. The touch is the last one the session names up to its first purchase, so a purchase is never
-- credited to what came after it; device and country are the first ones named. What a source does not tell is NULL.
with ordered as (
  select
    session_id,
    session_start_ts,
    event_type,
    traffic_source,
    traffic_medium,
    campaign,
    device,
    country,
    row_number() over (partition by session_id order by {{ event_order() }}) as position
  from {{ ref('fct_events') }}
  {{ of_changed_sessions() }}
),

purchases as (
  select
    *,
    min(if(event_type = 'transaction', position, null)) over (partition by session_id) as purchase_position
  from ordered
),

sessions as (
  select
    session_id,
    session_start_ts,
    count(*) as events,
    countif(event_type = 'transaction') > 0 as has_purchase,
    max(
      if(coalesce(traffic_source, traffic_medium, campaign) is not null and (purchase_position is null or position <= purchase_position), position, null)
    ) as touch_position,
    array_agg(device ignore nulls order by position limit 1)[safe_offset(0)] as device,
    array_agg(country ignore nulls order by position limit 1)[safe_offset(0)] as country
  from purchases
  group by session_id, session_start_ts
)

select
  date(sessions.session_start_ts) as session_date,
  touches.traffic_source,
  touches.traffic_medium,
  touches.campaign,
  sessions.device,
  sessions.country,
  count(*) as sessions,
  countif(sessions.has_purchase) as sessions_with_purchase,
  countif(sessions.events = 1) as single_event_sessions,
  sum(sessions.events) as events
from sessions
left join ordered as touches on sessions.session_id = touches.session_id and sessions.touch_position = touches.position
group by 1, 2, 3, 4, 5, 6
