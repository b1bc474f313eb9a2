{#
  Days without events between the first and the last with some; not judged where the median day has fewer than `from_rows` events, for then a day without any is nothing strange.
  A day that is published with events and has none now is missing whatever the median and wherever it lies: it would disappear from what people read.
#}
{% macro gate_missing_days(limit) -%}
  {%- set counts = source('caec_raw', 'file_counts') -%}
  {%- set clean_days -%}(select event_date from {{ counts }} where outcome = 'clean'){%- endset -%}
  {%- set is_usual -%}
    coalesce((
      select approx_quantiles(row_count, 2)[safe_offset(1)]
      from (select event_date, sum(row_count) as row_count from {{ counts }} where outcome = 'clean' group by event_date)
    ) >= {{ limit.from_rows }}, false)
  {%- endset -%}
  {%- set withdrawn = withdrawn_days() -%}
  select 'missing_days' as check_name, min(day) as event_date, if({{ is_usual }} or count(day) > 0, cast(count(day) as float64), null) as value,
    concat(
      string_agg(cast(day as string), ', ' order by day limit 10),
      if(
        countif(is_withdrawn) > 0,
        concat(
          ': published before, without events now: ', cast(countif(is_withdrawn) as string), '; bring their raw files back and compute them, or, if they are gone on purpose, build once with --vars {gate: {missing_days: {at_most: ',
          cast(count(day) as string), '}}}'
        ),
        ''
      )
    ) as detail
  from (
    select day, logical_or(is_withdrawn) as is_withdrawn
    from (
      select day, false as is_withdrawn
      from unnest(generate_date_array((select min(event_date) from {{ clean_days }}), (select max(event_date) from {{ clean_days }}))) as day
      where {{ is_usual }} and (day not in (select event_date from {{ source('caec_raw', 'loaded_days') }}) or day not in {{ clean_days }})
      {%- if withdrawn %}
      union all
      select event_date as day, true as is_withdrawn
      from {{ mart_relation('fct_events', is_published=true) }} as published
      where {{ on_days('event_date', withdrawn) }}
      {%- endif %}
    )
    {%- if limit['except'] %} where day not in ({{ date_list(limit['except']) }}){% endif %}
    group by day
  )
{%- endmacro %}
