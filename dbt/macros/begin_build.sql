{#
  on-run-start of `dbt run` and `dbt build`: finds the days that caec_raw.loaded_days has from another load than the staged marts, and notes them in `built_days` as pending. From then on every model of the
  run means the same days, and a run that is killed leaves them pending. The first session date kept is the earliest of any state the marts may hold. Only the days that changed are read.
#}
{% macro begin_build() -%}
  {%- set loaded = source('caec_raw', 'loaded_days') -%}
  {%- if execute and flags.WHICH in ['run', 'build'] and load_relation(loaded) is none -%}
    {#- Loaded by other means: nothing is known of any day, so everything is built. #}
    {%- do run_query("DROP TABLE IF EXISTS " ~ built_days()) -%}
  {%- elif execute and flags.WHICH in ['run', 'build'] -%}
    {%- do remove_marts_of_other_columns() -%}
    {%- do run_query(
      "CREATE TABLE IF NOT EXISTS " ~ built_days()
      ~ " (event_date DATE, loaded_by STRING, pending STRING, first_session_date DATE, next_first_session_date DATE)") -%}
    {#- dbt looked for tables before this one was made. #}
    {%- do adapter.cache_added(built_days()) -%}
    {%- set rows = run_query(
      "SELECT CAST(COALESCE(loaded.event_date, built.event_date) AS STRING) AS event_date, loaded.loaded_by FROM " ~ loaded ~ " AS loaded FULL JOIN " ~ built_days() ~ " AS built"
      ~ " ON loaded.event_date = built.event_date WHERE loaded.loaded_by IS NULL OR built.loaded_by IS NULL OR built.pending IS NULL OR loaded.loaded_by != built.loaded_by ORDER BY 1") -%}
    {%- set changed = {} -%}
    {%- for day, loaded_by in rows -%}{%- do changed.update({checked_day(day, 'a loaded day'): loaded_by}) -%}{%- endfor -%}
    {%- if changed -%}
      {%- set firsts = {} -%}
      {%- for day, first in run_query(
        "SELECT CAST(event_date AS STRING) AS event_date, CAST(MIN(DATE(session_start_ts)) AS STRING) AS first_session_date FROM " ~ source('caec_raw', 'sessionized_events')
        ~ " WHERE event_date IN (" ~ date_list(changed) ~ ") GROUP BY event_date") -%}
        {%- do firsts.update({day: first}) -%}
      {%- endfor -%}
      {%- set structs = [] -%}
      {%- for day, loaded_by in changed.items() -%}
        {%- do structs.append(
          "STRUCT(DATE '" ~ day ~ "' AS event_date, " ~ ("CAST(NULL AS STRING)" if loaded_by is none else "'" ~ loaded_by ~ "'") ~ " AS pending, "
          ~ ("DATE '" ~ firsts[day] ~ "'" if day in firsts else "CAST(NULL AS DATE)") ~ " AS first_session_date)") -%}
      {%- endfor -%}
      {%- do run_query(
        "MERGE " ~ built_days() ~ " AS built USING (SELECT event_date, pending, first_session_date FROM UNNEST([" ~ structs | join(', ') ~ "])) AS found ON built.event_date = found.event_date"
        ~ " WHEN MATCHED THEN UPDATE SET pending = found.pending, next_first_session_date = found.first_session_date,"
        ~ " first_session_date = COALESCE(LEAST(built.first_session_date, built.next_first_session_date, found.first_session_date),"
        ~ " LEAST(built.first_session_date, built.next_first_session_date), LEAST(built.first_session_date, found.first_session_date), LEAST(built.next_first_session_date, found.first_session_date),"
        ~ " built.first_session_date, built.next_first_session_date, found.first_session_date)"
        ~ " WHEN NOT MATCHED BY TARGET THEN INSERT (event_date, loaded_by, pending, first_session_date, next_first_session_date)"
        ~ " VALUES (found.event_date, NULL, found.pending, found.first_session_date, found.first_session_date)") -%}
    {%- endif -%}
    {{ log(changed | length ~ ' days changed since the marts were built', info=true) }}
  {%- endif -%}
{%- endmacro %}
