{#
  What the gate looks at: {days: the days whose staged load is not the published one, session_days: the start days of sessions that have or had an event on one of them, event_days: the days with an
  event of such a session}. `days` none: all days, where nothing is known of them. Constants in the statements, so BigQuery reads these partitions only, and none between days that are far apart.
  A red build forgets where sessions started before and which days went, so `session_days` have the day before at least (a session touches two) and a published day that is in no load any more counts.
#}
{% macro gate_scope() -%}
  {%- if load_relation(built_days()) is none or load_relation(published_days()) is none -%}{{ return({'days': none}) }}{%- endif -%}
  {%- set rows = run_query(
    "SELECT CAST(COALESCE(built.event_date, published.event_date) AS STRING) AS event_date, CAST(DATE_SUB(COALESCE(built.event_date, published.event_date), INTERVAL 1 DAY) AS STRING) AS day_before,"
    ~ " CAST(COALESCE(LEAST(built.first_session_date, built.event_date), built.event_date, published.event_date) AS STRING) AS first_session_date,"
    ~ " published.loaded_by IS NULL OR built.pending IS NULL OR published.loaded_by != built.pending AS is_judged FROM " ~ built_days() ~ " AS built FULL JOIN " ~ published_days()
    ~ " AS published ON built.event_date = published.event_date ORDER BY 1") -%}
  {%- if not rows -%}{{ return({'days': none}) }}{%- endif -%}
  {%- set days, session_days, event_days = [], {}, [] -%}
  {%- for day, day_before, first, is_judged in rows if is_judged -%}
    {%- do days.append(checked_day(day, 'a built day')) -%}
    {%- for session_day in days_between([day_before, first] | min, day) -%}{%- do session_days.update({session_day: true}) -%}{%- endfor -%}
  {%- endfor -%}
  {%- for day, day_before, first, is_judged in rows if days_between(first, day) | select('in', session_days) | first is defined -%}{%- do event_days.append(day) -%}{%- endfor -%}
  {{ return({'days': days, 'session_days': session_days | sort, 'event_days': event_days}) }}
{%- endmacro %}
