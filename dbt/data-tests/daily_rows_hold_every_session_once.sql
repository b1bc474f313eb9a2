-- Rows here: a day of which the daily marts do not hold every session, or every event or transaction, exactly once.
{%- set scope = tested_scope() %}
with sessions as (
  select session_date as day, count(*) as sessions, sum(events) as events from {{ ref('fct_sessions') }} where {{ gate_on_days(scope, 'session_date', 'session_days') }} group by session_date
),

events as (
  select event_date as day, count(*) as events, countif(event_type = 'transaction') as transactions from {{ ref('fct_events') }} where {{ gate_on_days(scope, 'event_date', 'session_days') }} group by event_date
),

counted as (
  select 'fct_daily_sessions' as mart, session_date as day, sum(sessions) as held, sum(events) as held_events from {{ ref('fct_daily_sessions') }} where {{ gate_on_days(scope, 'session_date', 'session_days') }} group by session_date
  union all
  select 'fct_daily_transitions' as mart, session_date as day, sum(if(from_event = '(start)', transitions, 0)) as held, null as held_events from {{ ref('fct_daily_transitions') }} where {{ gate_on_days(scope, 'session_date', 'session_days') }} group by session_date
  union all
  select concat('fct_daily_entries ', dimension) as mart, session_date as day, if(sum(entries) = sum(exits), sum(entries), -1) as held, null as held_events from {{ ref('fct_daily_entries') }} where {{ gate_on_days(scope, 'session_date', 'session_days') }} group by session_date, dimension
  union all
  select 'fct_visitor_days' as mart, activity_date as day, sum(sessions) as held, sum(session_events) as held_events from {{ ref('fct_visitor_days') }} where {{ gate_on_days(scope, 'activity_date', 'session_days') }} group by activity_date having sum(sessions) > 0
),

marts as (
  select mart from unnest(['fct_daily_sessions', 'fct_daily_transitions', 'fct_daily_entries item', 'fct_daily_entries page', 'fct_visitor_days']) as mart
),

expected as (
  select marts.mart, sessions.day, sessions.sessions, sessions.events from marts cross join sessions
),

held as (
  select 'fct_days' as mart, event_date as day, events from {{ ref('fct_days') }} where {{ gate_on_days(scope, 'event_date', 'session_days') }}
  union all
  select 'fct_visitor_days' as mart, activity_date as day, sum(events) as events from {{ ref('fct_visitor_days') }} where {{ gate_on_days(scope, 'activity_date', 'session_days') }} group by activity_date
  union all
  select 'fct_daily_events' as mart, event_date as day, sum(events) as events from {{ ref('fct_daily_events') }} where {{ gate_on_days(scope, 'event_date', 'session_days') }} group by event_date
  union all
  select 'fct_daily_purchases' as mart, event_date as day, sum(lines) as events from {{ ref('fct_daily_purchases') }} where {{ gate_on_days(scope, 'event_date', 'session_days') }} group by event_date
),

happened as (
  select mart, day, events from events cross join unnest(['fct_days', 'fct_visitor_days', 'fct_daily_events']) as mart
  union all
  select 'fct_daily_purchases' as mart, day, transactions as events from events where transactions > 0
)

select coalesce(counted.mart, expected.mart) as mart, coalesce(counted.day, expected.day) as day
from expected
full join counted on expected.mart = counted.mart and expected.day = counted.day
where counted.held is null or expected.sessions is null or counted.held != expected.sessions or counted.held_events != expected.events

union all

select coalesce(held.mart, happened.mart) as mart, coalesce(held.day, happened.day) as day
from happened
full join held on happened.mart = held.mart and happened.day = held.day
where held.events is null or happened.events is null or held.events != happened.events
