-- One row per session that has a view: the first view, the first cart not before it, the first transaction not before that cart.
-- At one instant a view comes before a cart and a cart before a transaction, so "not before" is the contract's order.
with events as (
  select session_id, event_type, event_ts
  from {{ ref('stg_sessionized_events') }}
  {{ only_changed_sessions() }}
),

first_views as (
  select session_id, min(event_ts) as first_view_ts
  from events
  where event_type = 'view'
  group by session_id
),

first_carts as (
  select events.session_id, min(events.event_ts) as first_cart_ts
  from events
  inner join first_views on events.session_id = first_views.session_id
  where events.event_type = 'addtocart' and events.event_ts >= first_views.first_view_ts
  group by events.session_id
),

first_purchases as (
  select events.session_id, min(events.event_ts) as first_purchase_ts
  from events
  inner join first_carts on events.session_id = first_carts.session_id
  where events.event_type = 'transaction' and events.event_ts >= first_carts.first_cart_ts
  group by events.session_id
)

select
  first_views.session_id,
  first_views.first_view_ts,
  first_carts.first_cart_ts,
  first_purchases.first_purchase_ts
from first_views
left join first_carts on first_views.session_id = first_carts.session_id
left join first_purchases on first_views.session_id = first_purchases.session_id
