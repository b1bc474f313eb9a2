{{
  config(
    materialized='incremental',
    incremental_strategy='insert_overwrite',
    partition_by={'field': 'session_date', 'data_type': 'date', 'granularity': 'day'},
    cluster_by=['dimension'],
    on_schema_change='fail',
    pre_hook="{{ remove_changed('session_date', 'session_days') }}"
  )
}}
-- Where sessions begin and end, by start day: first and last item, first and last page, of the events that have one. A page is its address without query and fragment:
-- what stands there is a person's, and makes every address another. NULL: sessions without any.
with ordered as (
  select
    session_id,
    session_start_ts,
    event_type,
    item_id,
    nullif(regexp_extract(page, r'^[^?#]*'), '') as page,
    row_number() over (partition by session_id order by {{ event_order() }}) as position
  from {{ ref('fct_events') }}
  {{ of_changed_sessions() }}
),

sessions as (
  select
    date(session_start_ts) as session_date,
    session_id,
    countif(event_type = 'transaction') > 0 as has_purchase,
    array_agg(item_id ignore nulls order by position limit 1)[safe_offset(0)] as first_item,
    array_agg(item_id ignore nulls order by position desc limit 1)[safe_offset(0)] as last_item,
    array_agg(page ignore nulls order by position limit 1)[safe_offset(0)] as first_page,
    array_agg(page ignore nulls order by position desc limit 1)[safe_offset(0)] as last_page
  from ordered
  group by session_start_ts, session_id
),

ends as (
  select session_date, has_purchase, 'item' as dimension, first_item as name, true as is_entry from sessions
  union all
  select session_date, has_purchase, 'item' as dimension, last_item as name, false as is_entry from sessions
  union all
  select session_date, has_purchase, 'page' as dimension, first_page as name, true as is_entry from sessions
  union all
  select session_date, has_purchase, 'page' as dimension, last_page as name, false as is_entry from sessions
)

select
  session_date,
  dimension,
  name,
  countif(is_entry) as entries,
  countif(is_entry and has_purchase) as entries_with_purchase,
  countif(not is_entry) as exits,
  countif(not is_entry and has_purchase) as exits_with_purchase
from ends
group by session_date, dimension, name
