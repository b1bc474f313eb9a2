{{
  config(
    materialized='incremental',
    incremental_strategy='insert_overwrite',
    partition_by={'field': 'session_date', 'data_type': 'date', 'granularity': 'day'},
    cluster_by=['visitor_id'],
    on_schema_change='fail',
    pre_hook="{{ remove_changed('session_date', 'session_days') }}"
  )
}}
-- Sessions by start day. An incremental run replaces the start days of all sessions that have or had an event on a changed day: a late event can lengthen, merge or move sessions of older days.
-- `int_sessions` gives the sessions of these days only.
select
  session_id,
  visitor_id,
  session_start_ts,
  session_end_ts,
  session_date,
  duration_seconds,
  events,
  views,
  carts,
  transactions,
  orders,
  items,
  has_view,
  has_cart,
  has_purchase,
  funnel_step
from {{ ref('int_sessions') }}
