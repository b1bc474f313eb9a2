{# Of a judged day's accepted rows those that came after the day had been computed. #}
{% macro gate_late_rows(limit, scope) -%}
  select 'late_rows' as check_name, event_date, if(accepted < {{ limit.from_rows }}, null, safe_divide(late, accepted)) as value,
    concat(cast(late as string), ' of ', cast(accepted as string), ' rows') as detail
  from (
    select event_date, sum(if(outcome = 'late', row_count, 0)) as late, sum(if(outcome = 'clean', row_count, 0)) as accepted
    from {{ source('caec_raw', 'file_counts') }}
    where outcome in ('clean', 'late') and {{ gate_on_days(scope) }}
    group by event_date
  )
{%- endmacro %}
