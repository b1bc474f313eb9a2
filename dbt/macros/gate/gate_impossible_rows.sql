{# Rows of the judged days in fct_events that cannot be, each kind a check, in one reading: an event may be of no item, a minus part of an id, and clean says how many purchases need no order. #}
{% macro gate_impossible_rows(scope) -%}
  select kinds.check_name, event_date, cast(kinds.row_count as float64) as value, cast(null as string) as detail
  from (
    select event_date,
      count(*) - count(distinct event_id) as repeated_events,
      countif(event_id is null or event_ts is null or visitor_id is null or event_type is null or session_id is null or session_start_ts is null) as missing_values,
      countif(trim(visitor_id) = '' or trim(item_id) = '' or trim(transaction_id) = '') as wrong_ids,
      countif(event_type = 'transaction' and transaction_id is null) as purchases_without_order,
      countif(event_ts > current_timestamp()) as future_events
    from {{ mart_relation('fct_events') }}
    where {{ gate_on_days(scope) }}
    group by event_date
  )
  left join (
    select event_date as accepted_date, sum(row_count) as accepted_rows
    from {{ source('caec_raw', 'file_counts') }}
    where outcome = 'clean' and reason = 'without_order' and {{ gate_on_days(scope) }}
    group by event_date
  ) on event_date = accepted_date
  cross join unnest([
    struct('repeated_events' as check_name, repeated_events as row_count),
    struct('missing_values' as check_name, missing_values as row_count),
    struct('wrong_ids' as check_name, wrong_ids as row_count),
    struct('purchases_without_order' as check_name, abs(purchases_without_order - coalesce(accepted_rows, 0)) as row_count),
    struct('future_events' as check_name, future_events as row_count)
  ]) as kinds
{%- endmacro %}
