-- One row per session, computed from all its events; of an incremental run the sessions that may have changed. fct_sessions keeps this by day.
with sessions as (
  select
    session_id,
    visitor_id,
    session_start_ts,
    max(event_ts) as session_end_ts,
    count(*) as events,
    countif(event_type = 'view') as views,
    countif(event_type = 'addtocart') as carts,
    countif(event_type = 'transaction') as transactions,
    count(distinct if(event_type = 'transaction', transaction_id, null)) as orders,
    count(distinct item_id) as items
  from {{ ref('stg_sessionized_events') }}
  {{ only_changed_sessions() }}
  group by session_id, visitor_id, session_start_ts
)

select
  sessions.session_id,
  sessions.visitor_id,
  sessions.session_start_ts,
  sessions.session_end_ts,
  date(sessions.session_start_ts) as session_date,
  timestamp_diff(sessions.session_end_ts, sessions.session_start_ts, microsecond) / 1000000 as duration_seconds,
  sessions.events,
  sessions.views,
  sessions.carts,
  sessions.transactions,
  sessions.orders,
  sessions.items,
  sessions.views > 0 as has_view,
  sessions.carts > 0 as has_cart,
  sessions.transactions > 0 as has_purchase,
  case
    when funnel.first_purchase_ts is not null then 3
    when funnel.first_cart_ts is not null then 2
    when funnel.first_view_ts is not null then 1
    else 0
  end as funnel_step
from sessions
left join {{ ref('int_session_funnel') }} as funnel on sessions.session_id = funnel.session_id
