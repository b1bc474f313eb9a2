{# Share of a day's events whose item had an event in the seven days before, where at least three of these days are there. #}
{% macro gate_known_items(limit, scope) -%}
  select 'known_items' as check_name, seen.event_date,
    if(sum(seen.row_count) < {{ limit.from_rows }} or max(days.days_before) < 3, null, safe_divide(sum(if(seen.previous_date >= date_sub(seen.event_date, interval 7 day), seen.row_count, 0)), sum(seen.row_count))) as value,
    concat(cast(sum(if(seen.previous_date >= date_sub(seen.event_date, interval 7 day), seen.row_count, 0)) as string), ' of ', cast(sum(seen.row_count) as string), ' events') as detail
  from (
    select event_date, row_count, lag(event_date) over (partition by item_id order by event_date) as previous_date
    from (
      select event_date, item_id, count(*) as row_count
      from {{ mart_relation('fct_events') }}
      where item_id is not null and {{ gate_on_days(scope, before=7) }}
      group by event_date, item_id
    )
  ) as seen
  inner join (
    select event_date, count(*) over (order by unix_date(event_date) range between 7 preceding and 1 preceding) as days_before
    from (select distinct event_date from {{ mart_relation('fct_events') }} where {{ gate_on_days(scope, before=7) }})
  ) as days on seen.event_date = days.event_date
  where {{ gate_on_days(scope, 'seen.event_date') }}
  group by seen.event_date
{%- endmacro %}
