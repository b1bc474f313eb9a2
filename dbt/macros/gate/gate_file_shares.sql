{#
  Shares of a file's rows, in one reading: of the files that hold rows of a judged day or no accepted row at all, the worst is named for each check. A file that a published build named with the same
  numbers was let through: it is not judged again because a late row of its day came.
#}
{% macro gate_file_shares(names, limits, scope) -%}
  {%- set counts = source('caec_raw', 'file_counts') -%}
  select shares.check_name, cast(null as date) as event_date, if(told.detail is null, shares.value, null) as value, shares.detail
  from (
    select check_name, file, safe_divide(hits, row_count) as value,
      concat(file, ': ', cast(hits as string), ' of ', cast(row_count as string), ' rows', coalesce(concat(' (', reasons, ')'), '')) as detail
    from (
      select check_name, file, max(from_rows) as from_rows, sum(row_count) as row_count,
        sum(if(is_hit, row_count, 0)) as hits, string_agg(distinct if(is_hit, nullif(reason, ''), null), ', ' order by if(is_hit, nullif(reason, ''), null)) as reasons
      from (
        select rules.check_name, rules.from_rows, counts.file, counts.row_count, counts.reason,
          counts.outcome = rules.outcome and regexp_contains(coalesce(counts.reason, ''), rules.pattern) and not regexp_contains(coalesce(counts.reason, ''), rules.excepted) as is_hit
        from {{ counts }} as counts
        cross join unnest([
          {%- for name in names %}
          struct(
            '{{ name }}' as check_name, '{{ 'duplicates' if name == 'repeated_file' else 'rejected' }}' as outcome,
            '{{ '^$' if name == 'repeated_file' else '^(' ~ limits[name].reasons | join('|') ~ ')' }}' as pattern,
            '{{ '^(' ~ limits[name]['except'] | join('|') ~ ')' if limits[name]['except'] else 'no reason at all' }}' as excepted, {{ limits[name].from_rows }} as from_rows
          ){{ ',' if not loop.last }}
          {%- endfor %}
        ]) as rules
        where counts.outcome in ('clean', 'rejected', 'duplicates')
          and (
            counts.file in (select file from {{ counts }} where {{ gate_on_days(scope) }})
            or counts.file not in (select file from {{ counts }} where outcome = 'clean')
          )
      )
      group by check_name, file
    )
    where row_count >= from_rows
  ) as shares
  left join (
    select distinct check_name, detail
    from {{ source('caec_raw', 'quality_results') }}
    where published_at is not null
  ) as told
    on shares.check_name = told.check_name and shares.detail = told.detail
  where true
  qualify row_number() over (partition by shares.check_name order by if(told.detail is null, shares.value, null) desc, shares.file) = 1
{%- endmacro %}
