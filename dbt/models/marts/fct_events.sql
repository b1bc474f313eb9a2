{{
  config(
    materialized='incremental',
    incremental_strategy='insert_overwrite',
    partition_by={'field': 'event_date', 'data_type': 'date', 'granularity': 'day'},
    cluster_by=['event_type'],
    on_schema_change='fail',
    post_hook="{{ remove_vanished_days('event_date', ref('stg_sessionized_events'), 'event_date') }}"
  )
}}
-- Events by day. An incremental run finds the changed days in the data itself (rows on one side only, or more often on one side) and replaces these days whole.
with events as (
  select event_id, event_ts, event_date, visitor_id, event_type, item_id, transaction_id, session_id, session_start_ts
  from {{ ref('stg_sessionized_events') }}
)

{% if is_incremental() %}
, counted_events as (
  select event_date, event_id, session_id, count(*) as copies from events group by event_date, event_id, session_id
),

counted_facts as (
  select event_date, event_id, session_id, count(*) as copies from {{ this }} group by event_date, event_id, session_id
),

changed_days as (
  select event_date from (select * from counted_events except distinct select * from counted_facts)
  union distinct
  select event_date from (select * from counted_facts except distinct select * from counted_events)
)
{% endif %}

select event_id, event_ts, event_date, visitor_id, event_type, item_id, transaction_id, session_id, session_start_ts
from events
{% if is_incremental() %}
where event_date in (select event_date from changed_days)
{% endif %}
