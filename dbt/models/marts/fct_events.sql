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
-- Events by day. An incremental run finds the changed days in the data itself (rows on one side only) and replaces these days whole.
with events as (
  select event_id, event_ts, event_date, visitor_id, event_type, item_id, transaction_id, session_id, session_start_ts
  from {{ ref('stg_sessionized_events') }}
)

{% if is_incremental() %}
, changed_days as (
  select event_date from (select event_date, event_id, session_id from events except distinct select event_date, event_id, session_id from {{ this }})
  union distinct
  select event_date from (select event_date, event_id, session_id from {{ this }} except distinct select event_date, event_id, session_id from events)
)
{% endif %}

select event_id, event_ts, event_date, visitor_id, event_type, item_id, transaction_id, session_id, session_start_ts
from events
{% if is_incremental() %}
where event_date in (select event_date from changed_days)
{% endif %}
