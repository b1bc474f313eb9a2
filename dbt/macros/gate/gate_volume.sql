{# A day's events by the median of the same weekday in the eight weeks before, of what is published; a day that changes by no event is not judged. #}
{% macro gate_volume(limit, scope) -%}
  {%- set published = mart_relation('fct_events', is_published=true) -%}
  {%- if load_relation(published) is none -%}
  select 'volume' as check_name, cast(null as date) as event_date, cast(null as float64) as value, 'nothing is published yet' as detail
  {%- else -%}
  select 'volume' as check_name, event_date, if(weeks < 3 or median < {{ limit.from_rows }} or row_count = row_count_before, null, row_count / median) as value,
    concat(cast(row_count as string), ' events, median of ', cast(weeks as string), ' weeks ', coalesce(cast(median as string), 'unknown')) as detail
  from (
    select judged.event_date, judged.row_count, max(if(before.event_date = judged.event_date, before.row_count, null)) as row_count_before,
      countif(before.event_date < judged.event_date) as weeks, approx_quantiles(if(before.event_date < judged.event_date, before.row_count, null), 2)[safe_offset(1)] as median
    from (
      select event_date, count(*) as row_count
      from {{ mart_relation('fct_events') }}
      where {{ gate_on_days(scope) }}
      group by event_date
    ) as judged
    left join (
      select event_date, count(*) as row_count
      from {{ published }}
      where {{ gate_on_days(scope, before=56, step=7) }}
      group by event_date
    ) as before
      on before.event_date between date_sub(judged.event_date, interval 56 day) and judged.event_date and mod(date_diff(judged.event_date, before.event_date, day), 7) = 0
    group by judged.event_date, judged.row_count
  )
  {%- endif -%}
{%- endmacro %}
