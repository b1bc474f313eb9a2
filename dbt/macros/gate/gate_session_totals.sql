{# Events, order lines and orders of the sessions that start on a day: from fct_events, and as fct_sessions keeps them. Two checks, one reading. #}
{% macro gate_session_totals(scope) -%}
  select totals.check_name, event_date, totals.value, totals.detail
  from (
    select date(session_start_ts) as event_date, count(*) as events, countif(event_type = 'transaction') as transactions,
      count(distinct if(event_type = 'transaction' and transaction_id is not null, concat(session_id, ' ', transaction_id), null)) as orders
    from {{ mart_relation('fct_events') }}
    where {{ gate_on_days(scope, which='event_days') }} and {{ gate_on_days(scope, 'date(session_start_ts)', 'session_days') }}
    group by event_date
  ) as counted
  full join (
    select session_date as event_date, sum(events) as events, sum(transactions) as transactions, sum(orders) as orders
    from {{ mart_relation('fct_sessions') }}
    where {{ gate_on_days(scope, 'session_date', 'session_days') }}
    group by session_date
  ) as kept using (event_date)
  cross join unnest([
    struct(
      'session_rows' as check_name,
      cast(abs(coalesce(counted.events, 0) - coalesce(kept.events, 0)) as float64) as value,
      concat(cast(coalesce(counted.events, 0) as string), ' events, ', cast(coalesce(kept.events, 0) as string), ' in fct_sessions') as detail
    ),
    struct(
      'order_totals' as check_name,
      cast(abs(coalesce(counted.transactions, 0) - coalesce(kept.transactions, 0)) + abs(coalesce(counted.orders, 0) - coalesce(kept.orders, 0)) as float64) as value,
      concat(
        cast(coalesce(counted.transactions, 0) as string), ' lines of ', cast(coalesce(counted.orders, 0) as string), ' orders, ',
        cast(coalesce(kept.transactions, 0) as string), ' of ', cast(coalesce(kept.orders, 0) as string), ' in fct_sessions'
      ) as detail
    )
  ]) as totals
{%- endmacro %}
