{# Shares of a file's rows, in one reading: of the files that hold rows of a judged day or no accepted row at all, the worst is named for each check. #}
{% macro gate_file_shares(names, limits, scope) -%}
  {%- set counts = source('caec_raw', 'file_counts') -%}
  select check_name, cast(null as date) as event_date, value,
    concat(file, ': ', cast(hits as string), ' of ', cast(row_count as string), ' rows', coalesce(concat(' (', reasons, ')'), '')) as detail
  from (
    select check_name, file, row_count, hits, safe_divide(hits, row_count) as value, reasons
    from (
      select rules.check_name, counts.file, max(rules.from_rows) as from_rows, sum(counts.row_count) as row_count,
        sum(if(counts.outcome = rules.outcome and regexp_contains(coalesce(counts.reason, ''), rules.pattern), counts.row_count, 0)) as hits,
        string_agg(distinct if(counts.outcome = rules.outcome and regexp_contains(coalesce(counts.reason, ''), rules.pattern), nullif(counts.reason, ''), null), ', ') as reasons
      from {{ counts }} as counts
      cross join unnest([
        {%- for name in names %}
        struct(
          '{{ name }}' as check_name, '{{ 'duplicates' if name == 'repeated_file' else 'rejected' }}' as outcome,
          '{{ '^$' if name == 'repeated_file' else '^(' ~ limits[name].reasons | join('|') ~ ')' }}' as pattern, {{ limits[name].from_rows }} as from_rows
        ){{ ',' if not loop.last }}
        {%- endfor %}
      ]) as rules
      where counts.outcome in ('clean', 'rejected', 'duplicates')
        and (
          counts.file in (select file from {{ counts }} where {{ gate_on_days(scope) }})
          or counts.file not in (select file from {{ counts }} where outcome = 'clean')
        )
      group by rules.check_name, counts.file
    )
    where row_count >= from_rows
  )
  qualify row_number() over (partition by check_name order by value desc, file) = 1
{%- endmacro %}
