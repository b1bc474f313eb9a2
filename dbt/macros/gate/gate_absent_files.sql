{# Files that are not in the numbers: left out whole, or not taken yet. #}
{% macro gate_absent_files() -%}
  select 'quarantined_files' as check_name, cast(null as date) as event_date, cast(count(*) as float64) as value, string_agg(concat(file, ' ', reasons), '; ' order by file limit 10) as detail
  from {{ source('caec_raw', 'quarantined_files') }}
  union all
  select 'unprocessed_files', cast(null as date), cast(count(*) as float64), string_agg(file, ', ' order by file limit 10)
  from {{ source('caec_raw', 'file_counts') }}
  where outcome = 'unprocessed'
{%- endmacro %}
