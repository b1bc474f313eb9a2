{# Of a judged day the events that some visitor had beyond the limit of clean. #}
{% macro gate_quarantined_rows(scope) -%}
  select 'quarantined_rows' as check_name, event_date, cast(sum(row_count) as float64) as value,
    concat(cast(sum(row_count) as string), ' events of visitors with more on a day than --max-events-per-visitor-day') as detail
  from {{ source('caec_raw', 'file_counts') }}
  where outcome = 'quarantined' and {{ gate_on_days(scope) }}
  group by event_date
{%- endmacro %}
