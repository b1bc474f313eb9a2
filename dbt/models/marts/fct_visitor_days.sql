{{
  config(
    materialized='incremental',
    incremental_strategy='insert_overwrite',
    partition_by={'field': 'activity_date', 'data_type': 'date', 'granularity': 'day'},
    cluster_by=['visitor_id'],
    on_schema_change='fail',
    pre_hook="{{ remove_changed('activity_date', 'session_days') }}"
  )
}}
-- Visitors by day of activity (a UTC day with an event of theirs): what is distinct, first or returning is counted from these rows, never added up.
-- Sessions stand on their start day, which has an event of theirs by definition; all that is counted of them adds up, also the whole microseconds they last.
{%- set change = changed() if is_incremental() else none %}
with ordered as (
  select
    visitor_id,
    event_date,
    event_ts,
    event_type,
    session_id,
    session_start_ts,
    traffic_source,
    traffic_medium,
    campaign,
    row_number() over (partition by visitor_id, event_date order by {{ event_order() }}) as position
  from {{ ref('fct_events') }}
  {% if change is not none %}
  where {{ on_days('event_date', change.session_days) }}
  {% endif %}
),

days as (
  select
    visitor_id,
    event_date,
    count(*) as events,
    min(event_ts) as first_event_ts,
    max(event_ts) as last_event_ts,
    min(if(position = 1, session_id, null)) as first_session_id,
    min(if(event_type = 'transaction', event_ts, null)) as first_purchase_ts,
    min(if(event_type = 'transaction', session_start_ts, null)) as first_purchase_session_start_ts,
    min(if(coalesce(traffic_source, traffic_medium, campaign) is not null, position, null)) as touch_position
  from ordered
  group by visitor_id, event_date
),

started as (
  select
    visitor_id,
    session_date,
    events,
    has_view,
    has_cart,
    has_purchase,
    funnel_step,
    timestamp_diff(session_end_ts, session_start_ts, microsecond) as microseconds,
    row_number() over (partition by visitor_id, session_date order by session_start_ts) as position
  from {{ ref('fct_sessions') }}
  {% if change is not none %}
  where {{ on_days('session_date', change.session_days) }}
  {% endif %}
),

sessions as (
  select
    visitor_id,
    session_date,
    count(*) as sessions,
    countif(has_view) as sessions_with_view,
    countif(has_cart) as sessions_with_cart,
    countif(has_purchase) as sessions_with_purchase,
    countif(funnel_step >= 1) as sessions_to_step_1,
    countif(funnel_step >= 2) as sessions_to_step_2,
    countif(funnel_step >= 3) as sessions_to_step_3,
    countif(events = 1) as single_event_sessions,
    sum(events) as session_events,
    sum(microseconds) as session_microseconds,
    countif(has_purchase and position = 1) as first_sessions_with_purchase
  from started
  group by visitor_id, session_date
)

select
  days.visitor_id,
  days.event_date as activity_date,
  days.events,
  days.first_event_ts,
  days.last_event_ts,
  days.first_session_id,
  coalesce(sessions.sessions, 0) as sessions,
  coalesce(sessions.sessions_with_view, 0) as sessions_with_view,
  coalesce(sessions.sessions_with_cart, 0) as sessions_with_cart,
  coalesce(sessions.sessions_with_purchase, 0) as sessions_with_purchase,
  coalesce(sessions.sessions_to_step_1, 0) as sessions_to_step_1,
  coalesce(sessions.sessions_to_step_2, 0) as sessions_to_step_2,
  coalesce(sessions.sessions_to_step_3, 0) as sessions_to_step_3,
  coalesce(sessions.single_event_sessions, 0) as single_event_sessions,
  coalesce(sessions.session_events, 0) as session_events,
  coalesce(sessions.session_microseconds, 0) as session_microseconds,
  coalesce(sessions.first_sessions_with_purchase, 0) > 0 as first_session_has_purchase,
  days.first_purchase_ts,
  days.first_purchase_session_start_ts,
  touches.event_ts as touch_ts,
  touches.traffic_source,
  touches.traffic_medium,
  touches.campaign
from days
left join sessions on days.visitor_id = sessions.visitor_id and days.event_date = sessions.session_date
left join ordered as touches
  on days.visitor_id = touches.visitor_id and days.event_date = touches.event_date and days.touch_position = touches.position
