{{
  config(
    materialized='incremental',
    incremental_strategy='insert_overwrite',
    partition_by={'field': 'event_date', 'data_type': 'date', 'granularity': 'day'},
    cluster_by=['event_type'],
    on_schema_change='fail',
    pre_hook="{{ remove_changed('event_date', 'days') }}"
  )
}}
-- Events by day. An incremental run replaces the days that were loaded since the last one, whole, and removes those that are gone.
{%- set change = changed() %}
select
  event_id,
  event_ts,
  event_date,
  visitor_id,
  event_type,
  item_id,
  transaction_id,
  session_id,
  session_start_ts,
  quantity,
  value,
  currency,
  page,
  referrer,
  traffic_source,
  traffic_medium,
  campaign,
  device,
  country,
  properties
from {{ ref('stg_sessionized_events') }}
{% if is_incremental() and change is not none %}
where {{ on_days('event_date', change.days) }}
{% endif %}
