{# Rows of a day that clean accepted, and rows in caec_raw; also of days that were never loaded. Without counts nothing is judged. #}
{% macro gate_loaded_rows(scope) -%}
  {%- set counts = source('caec_raw', 'file_counts') -%}
  select 'loaded_rows' as check_name, event_date,
    if((select count(*) from {{ counts }} where outcome = 'clean') = 0, null, cast(abs(coalesce(loaded.row_count, 0) - coalesce(accepted.row_count, 0)) as float64)) as value,
    concat(cast(coalesce(accepted.row_count, 0) as string), ' accepted, ', cast(coalesce(loaded.row_count, 0) as string), ' loaded') as detail
  from (
    select event_date, sum(row_count) as row_count
    from {{ counts }}
    where outcome = 'clean' and ({{ gate_on_days(scope) }} or event_date not in (select event_date from {{ source('caec_raw', 'loaded_days') }}))
    group by event_date
  ) as accepted
  full join (
    select event_date, count(*) as row_count
    from {{ source('caec_raw', 'sessionized_events') }}
    where {{ gate_on_days(scope) }}
    group by event_date
  ) as loaded using (event_date)
{%- endmacro %}
