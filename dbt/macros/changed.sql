{#
  What an incremental run builds again: {days: event days that were loaded anew or are gone, session_days: start days of every session that has or had an event on one of them,
  event_days: the days with an event of such a session}, or none: everything, where there is nothing to build on or nothing is known of it. It reads `built_days` only.
#}
{% macro changed() -%}
  {%- if not execute or flags.FULL_REFRESH or flags.WHICH not in ['run', 'build'] or not marts_are_there() -%}{{ return(none) }}{%- endif -%}
  {%- set rows = run_query(
    "SELECT CAST(event_date AS STRING) AS event_date, CAST(first_session_date AS STRING) AS first_session_date, CAST(next_first_session_date AS STRING) AS next_first_session_date,"
    ~ " loaded_by IS NOT NULL AS is_known, loaded_by IS NULL OR pending IS NULL OR loaded_by != pending AS is_changed FROM " ~ built_days() ~ " ORDER BY 1") -%}
  {%- set known, days, session_days, event_days = [], [], {}, [] -%}
  {%- for day, first, next_first, is_known, is_changed in rows -%}
    {%- if is_known -%}{%- do known.append(day) -%}{%- endif -%}
    {%- if is_changed -%}
      {%- do days.append(day) -%}
      {%- for session_day in days_between(first or day, day) -%}{%- do session_days.update({session_day: true}) -%}{%- endfor -%}
    {%- endif -%}
  {%- endfor -%}
  {%- if not known -%}{{ return(none) }}{%- endif -%}
  {%- for day, first, next_first, is_known, is_changed in rows if next_first is not none and days_between([next_first, day] | min, day) | select('in', session_days) | first is defined -%}
    {%- do event_days.append(day) -%}
  {%- endfor -%}
  {{ return({'days': days, 'session_days': session_days | sort, 'event_days': event_days}) }}
{%- endmacro %}
