{#
  What the gate looks at: {days: the days whose staged load is not the published one, first: the earliest start of a session that has or had an event on one of them, last: the last of these days,
  end: the last day with an event of a session that starts by then}. `days` none: all days, where nothing is known of them. Constants in the statements, so BigQuery reads these partitions only.
  A red build forgets where sessions started before and which days went, so `first` is the day before at least (a session touches two) and a published day that is in no load any more counts.
#}
{% macro gate_scope() -%}
  {%- if load_relation(built_days()) is none or load_relation(published_days()) is none -%}{{ return({'days': none}) }}{%- endif -%}
  {%- set rows = run_query(
    "SELECT CAST(COALESCE(built.event_date, published.event_date) AS STRING) AS event_date, CAST(DATE_SUB(COALESCE(built.event_date, published.event_date), INTERVAL 1 DAY) AS STRING) AS day_before,"
    ~ " CAST(COALESCE(LEAST(built.first_session_date, built.event_date), built.event_date, published.event_date) AS STRING) AS first_session_date,"
    ~ " published.loaded_by IS NULL OR built.pending IS NULL OR published.loaded_by != built.pending AS is_judged FROM " ~ built_days() ~ " AS built FULL JOIN " ~ published_days()
    ~ " AS published ON built.event_date = published.event_date ORDER BY 1") -%}
  {%- set days, firsts, ends = [], [], [] -%}
  {%- for day, day_before, first, is_judged in rows if is_judged -%}{%- do days.append(checked_day(day, 'a built day')) -%}{%- do firsts.extend([day_before, first]) -%}{%- endfor -%}
  {%- if not rows -%}{{ return({'days': none}) }}{%- endif -%}
  {%- if not days -%}{{ return({'days': []}) }}{%- endif -%}
  {%- for day, day_before, first, is_judged in rows if first <= days | last -%}{%- do ends.append(day) -%}{%- endfor -%}
  {{ return({'days': days, 'first': firsts | sort | first, 'last': days | last, 'end': ends | last}) }}
{%- endmacro %}
