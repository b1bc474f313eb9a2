{{
  config(
    materialized='incremental',
    incremental_strategy='insert_overwrite',
    partition_by={'field': 'session_date', 'data_type': 'date', 'granularity': 'day'},
    cluster_by=['visitor_id'],
    on_schema_change='fail',
    post_hook="{{ remove_vanished_days('session_date', ref('stg_sessionized_events'), 'date(session_start_ts)') }}"
  )
}}
-- Sessions by start day. An incremental run replaces the days on which any session differs: a late event can lengthen, merge or move sessions of older days.
{%- set columns = [
  'session_id', 'visitor_id', 'session_start_ts', 'session_end_ts', 'session_date', 'duration_seconds', 'events', 'views', 'carts', 'transactions',
  'orders', 'items', 'has_view', 'has_cart', 'has_purchase', 'funnel_step'
] | join(', ') %}
with sessions as (
  select {{ columns }}
  from {{ ref('int_sessions') }}
)

{% if is_incremental() %}
, changed_days as (
  select session_date from (select {{ columns }} from sessions except distinct select {{ columns }} from {{ this }})
  union distinct
  select session_date from (select {{ columns }} from {{ this }} except distinct select {{ columns }} from sessions)
)
{% endif %}

select {{ columns }}
from sessions
{% if is_incremental() %}
where session_date in (select session_date from changed_days)
{% endif %}
