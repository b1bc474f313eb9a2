{# Days without events between the first and the last; not judged where the median day has fewer than `from_rows` events, for then a day without any is nothing strange. #}
{% macro gate_missing_days(limit) -%}
  {%- set counts = source('caec_raw', 'file_counts') -%}
  {%- set loaded = source('caec_raw', 'loaded_days') -%}
  select 'missing_days' as check_name, min(day) as event_date,
    if((
      select approx_quantiles(row_count, 2)[safe_offset(1)]
      from (select event_date, sum(row_count) as row_count from {{ counts }} where outcome = 'clean' group by event_date)
    ) >= {{ limit.from_rows }}, cast(count(day) as float64), null) as value,
    string_agg(cast(day as string), ', ' order by day limit 10) as detail
  from unnest(generate_date_array((select min(event_date) from {{ loaded }}), (select max(event_date) from {{ loaded }}))) as day
  where (
    day not in (select event_date from {{ loaded }})
    or day not in (select event_date from {{ counts }} where outcome = 'clean')
  )
  {%- if limit['except'] %} and day not in ({{ date_list(limit['except']) }}){% endif %}
{%- endmacro %}
