{# Days from the newest loaded day with an event to that the run was for (variable `expected_day`). #}
{% macro gate_days_behind() -%}
  {%- set expected = var('expected_day', none) -%}
  {%- set day = "cast(null as date)" if expected is none else "date '" ~ checked_day(expected, 'expected_day') ~ "'" -%}
  select 'days_behind' as check_name, max(event_date) as event_date, cast(greatest(date_diff({{ day }}, max(event_date), day), 0) as float64) as value,
    concat('the newest day is ', cast(max(event_date) as string)) as detail
  from {{ source('caec_raw', 'loaded_days') }}
  where event_date in (select event_date from {{ source('caec_raw', 'file_counts') }} where outcome = 'clean')
{%- endmacro %}
