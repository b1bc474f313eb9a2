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
-- Events by day, visitor and type. A visitor's signup month can move with a late event, so it is no column: it would rewrite all days of theirs.
{%- set change = changed() if is_incremental() else none %}
select
  event_date,
  visitor_id,
  event_type,
  count(*) as events
from {{ ref('fct_events') }}
{% if change is not none %}
where {{ on_days('event_date', change.days) }}
{% endif %}
group by event_date, visitor_id, event_type
