{# Sessions of a day, and events that begin one: no event of the visitor precedes within the gap, or the session of the one before would be longer than a session may be. #}
{% macro gate_session_gaps(scope) -%}
  select 'session_gaps' as check_name, event_date, cast(abs(coalesce(cut.starts, 0) - coalesce(kept.sessions, 0)) as float64) as value,
    concat(cast(coalesce(cut.starts, 0) as string), ' first events, ', cast(coalesce(kept.sessions, 0) as string), ' sessions') as detail
  from (
    select event_date, countif(
        previous_ts is null
        or timestamp_diff(event_ts, previous_ts, microsecond) > {{ var('session_gap_minutes') }} * 60000000
        or timestamp_diff(event_ts, previous_start_ts, microsecond) > {{ var('session_max_hours') }} * 3600000000
      ) as starts
    from (
      select event_date, event_ts,
        lag(event_ts) over (partition by visitor_id order by event_ts) as previous_ts,
        lag(session_start_ts) over (partition by visitor_id order by event_ts) as previous_start_ts
      from {{ mart_relation('fct_events') }}
      where {{ gate_on_days(scope) }}
      {%- if scope.days %}
        {#- The last minutes, as many as the gap, of the day before each of them. #}
        or {{ gate_on_days(scope, before=1, after=-1) }}
        and timestamp_diff(timestamp(date_add(event_date, interval 1 day)), event_ts, microsecond) <= {{ var('session_gap_minutes') }} * 60000000
      {%- endif %}
    )
    where {{ gate_on_days(scope) }}
    group by event_date
  ) as cut
  full join (
    select session_date as event_date, count(*) as sessions
    from {{ mart_relation('fct_sessions') }}
    where {{ gate_on_days(scope, 'session_date') }}
    group by session_date
  ) as kept using (event_date)
{%- endmacro %}
