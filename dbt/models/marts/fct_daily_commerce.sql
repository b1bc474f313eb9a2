{{
  config(
    materialized='incremental',
    incremental_strategy='insert_overwrite',
    partition_by={'field': 'session_date', 'data_type': 'date', 'granularity': 'day'},
    cluster_by=['currency'],
    on_schema_change='fail',
    pre_hook="{{ remove_changed('session_date', 'session_days') }}"
  )
}}
-- Carts, orders and money by the session's start day and currency. Money is never added over currencies. A cart is what one session adds in one currency, abandoned when the session has no
-- purchase; an order counts once in its session, also over midnight. Sources without `value` have NULL money, without `currency` one NULL currency.
with events as (
  select
    session_id,
    session_start_ts,
    event_type,
    transaction_id,
    currency,
    value,
    countif(event_type = 'transaction') over (partition by session_id) > 0 as has_purchase
  from {{ ref('fct_events') }}
  {{ of_changed_sessions() }}
)

select
  date(session_start_ts) as session_date,
  currency,
  count(distinct if(event_type = 'addtocart', session_id, null)) as carts,
  count(distinct if(event_type = 'addtocart' and not has_purchase, session_id, null)) as abandoned_carts,
  sum(if(event_type = 'addtocart', value, null)) as cart_value,
  sum(if(event_type = 'addtocart' and not has_purchase, value, null)) as abandoned_value,
  count(distinct if(event_type = 'transaction', concat(session_id, ' ', transaction_id), null)) as orders,
  count(distinct if(event_type = 'transaction' and value is not null, concat(session_id, ' ', transaction_id), null)) as orders_with_value,
  sum(if(event_type = 'transaction', value, null)) as revenue,
  sum(if(event_type = 'transaction' and transaction_id is not null, value, null)) as revenue_of_orders,
  sum(if(event_type = 'refund', value, null)) as refunded_value
from events
where event_type in ('addtocart', 'transaction', 'refund')
group by 1, 2
