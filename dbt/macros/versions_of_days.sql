{#
  {lake: {day: version}, loaded: {day: version}}, oldest day first. It reads what the Spark jobs wrote beside the days: the versions, the files that were left out whole, and what became of each file's rows.
  A lake without a day, or without any of the days loaded before, is refused: that is a wrong lake or a night without one sound row, and the load would empty the table.
#}
{% macro versions_of_days(lake) -%}
  {%- for table, file in [('lake_days', 'days.csv'), ('quarantined_files', 'quarantine.csv'), ('file_counts', 'files.csv')] -%}
    {%- do run_query(
      "LOAD DATA OVERWRITE " ~ source('caec_raw', table) ~ " (" ~ raw_columns()[table] ~ ")"
      ~ " FROM FILES (format = 'CSV', uris = ['" ~ lake ~ "/_ledger/" ~ file ~ "'], skip_leading_rows = 1)") -%}
  {%- endfor -%}
  {%- set found = {'lake': {}, 'loaded': {}} -%}
  {%- set rows = run_query(
    "SELECT 'lake' AS side, CAST(event_date AS STRING) AS event_date, version FROM " ~ source('caec_raw', 'lake_days')
    ~ " UNION ALL SELECT 'loaded', CAST(event_date AS STRING), version FROM " ~ source('caec_raw', 'loaded_days') ~ " ORDER BY 1, 2") -%}
  {%- for side, day, version in rows -%}
    {%- do found[side].update({checked_day(day, 'a day of the lake'): version}) -%}
  {%- endfor -%}
  {%- if not found.lake -%}
    {{ exceptions.raise_compiler_error("load_sessionized_events: " ~ lake ~ " holds no day of events, so nothing is loaded; look at the counts of clean in " ~ lake ~ "/_metrics/clean.json") }}
  {%- endif -%}
  {%- set kept = found.lake | select('in', found.loaded) | list -%}
  {%- if found.loaded and not kept -%}
    {{ exceptions.raise_compiler_error("load_sessionized_events: " ~ lake ~ " has none of the " ~ found.loaded | length ~ " days loaded before, as with a wrong lake; delete the rows of caec_raw.loaded_days to start over with it") }}
  {%- endif -%}
  {{ return(found) }}
{%- endmacro %}
