{# Rows of a day in caec_raw, and in fct_events. #}
{% macro gate_modelled_rows(scope) -%}
  select 'modelled_rows' as check_name, event_date, cast(abs(coalesce(loaded.row_count, 0) - coalesce(modelled.row_count, 0)) as float64) as value,
    concat(cast(coalesce(loaded.row_count, 0) as string), ' loaded, ', cast(coalesce(modelled.row_count, 0) as string), ' in fct_events') as detail
  from (
    select event_date, count(*) as row_count
    from {{ source('caec_raw', 'sessionized_events') }}
    where {{ gate_on_days(scope) }}
    group by event_date
  ) as loaded
  full join (
    select event_date, count(*) as row_count
    from {{ mart_relation('fct_events') }}
    where {{ gate_on_days(scope) }}
    group by event_date
  ) as modelled using (event_date)
{%- endmacro %}
