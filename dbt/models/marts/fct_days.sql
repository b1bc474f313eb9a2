{{
  config(
    materialized='incremental',
    incremental_strategy='insert_overwrite',
    partition_by={'field': 'event_date', 'data_type': 'date', 'granularity': 'day'},
    on_schema_change='fail',
    pre_hook="{{ remove_changed('event_date', 'days') }}"
  )
}}
-- Days: how many events each has, and its last one. What a view says of `data_through` is the last of these few rows.
{%- set change = changed() if is_incremental() else none %}
select
  event_date,
  count(*) as events,
  max(event_ts) as last_event_ts
from {{ ref('fct_events') }}
{% if change is not none %}
where {{ on_days('event_date', change.days) }}
{% endif %}
group by event_date
