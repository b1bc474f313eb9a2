{{
  config(
    materialized='incremental',
    incremental_strategy='insert_overwrite',
    partition_by={'field': 'event_date', 'data_type': 'date', 'granularity': 'day'},
    cluster_by=['item_id'],
    on_schema_change='fail',
    pre_hook="{{ remove_changed('event_date', 'days') }}"
  )
}}
-- What was bought on a day: lines by visitor, order and item. An order may span days and sessions, so it is counted by its id, never added up; its day is that of its first line.
{%- set change = changed() if is_incremental() else none %}
select
  event_date,
  visitor_id,
  transaction_id,
  item_id,
  count(*) as lines,
  min(event_ts) as first_line_ts
from {{ ref('fct_events') }}
where event_type = 'transaction'
{% if change is not none %}
  and {{ on_days('event_date', change.days) }}
{% endif %}
group by event_date, visitor_id, transaction_id, item_id
