{#
  dbt run-operation load_sessionized_events --args '{lake: gs://P-lake}'                       the days that changed in the lake since they were loaded, whatever changed them; days that are gone disappear
  dbt run-operation load_sessionized_events --args '{lake: gs://P-lake, from: D, to: D}'       these days as well, changed or not
  dbt run-operation load_sessionized_events --args '{lake: gs://P-lake, full: true}'           everything, in one statement
  `items: gs://…` with any of them: the product names as well (load_item_names)
  Which days changed: sessionize gives each day it puts out a version (<lake>/_ledger/days.csv), and caec_raw.loaded_days keeps the version of each loaded day. A version is noted
  after its day is loaded, so a load that was killed is repeated, never skipped.
  The day is not in the files but in their path (event_date=…): https://docs.cloud.google.com/bigquery/docs/hive-partitioned-loads-gcs
  Grammar: https://docs.cloud.google.com/bigquery/docs/reference/standard-sql/load-statements (PARTITIONS needs INTO).
#}
{% macro load_sessionized_events(lake, from=none, to=none, full=false, items=none) -%}
  {%- if (from is none) != (to is none) -%}
    {{ exceptions.raise_compiler_error("load_sessionized_events: give both from and to, or neither") }}
  {%- endif -%}
  {%- set lake = checked_uri(lake, 'lake') -%}
  {%- set forced = [] if from is none else days_between(from, to) -%}
  {%- do create_raw_tables() -%}
  {%- set versions = versions_of_days(lake) -%}
  {%- set there, loaded = versions.lake, versions.loaded -%}
  {%- for day in forced if day not in there -%}
    {{ exceptions.raise_compiler_error("load_sessionized_events: " ~ lake ~ " has no sessionized day " ~ day ~ "; run clean and sessionize for it first") }}
  {%- endfor -%}
  {%- set changed, gone = [], [] -%}
  {%- for day in there if day in forced or full or there[day] != loaded.get(day) -%}
    {%- do changed.append(day) -%}
  {%- endfor -%}
  {%- for day in loaded if day not in there -%}
    {%- do gone.append(day) -%}
  {%- endfor -%}
  {%- set prefix, table = lake ~ '/sessionized', source('caec_raw', 'sessionized_events') -%}
  {%- if changed | length == there | length -%}
    {%- do run_query(
      "LOAD DATA OVERWRITE " ~ table ~ " (" ~ event_columns() ~ ") PARTITION BY event_date CLUSTER BY visitor_id"
      ~ " FROM FILES (format = 'PARQUET', uris = ['" ~ prefix ~ "/event_date=*.parquet'], hive_partition_uri_prefix = '" ~ prefix ~ "')"
      ~ " WITH PARTITION COLUMNS (event_date DATE)") -%}
    {{ log('loaded all ' ~ there | length ~ ' days of ' ~ prefix, info=true) }}
  {%- else -%}
    {%- if ids_are_numbers(table) -%}
      {{ exceptions.raise_compiler_error("load_sessionized_events: " ~ table ~ " holds ids as numbers, as version 1 of the contract had them; load everything once with full: true") }}
    {%- endif -%}
    {%- for day in changed -%}
      {%- do run_query(
        "LOAD DATA INTO " ~ table ~ " OVERWRITE PARTITIONS (event_date = DATE '" ~ day ~ "')"
        ~ " FROM FILES (format = 'PARQUET', uris = ['" ~ prefix ~ "/event_date=" ~ day ~ "/*.parquet'], hive_partition_uri_prefix = '" ~ prefix ~ "')"
        ~ " WITH PARTITION COLUMNS (event_date DATE)") -%}
      {{ log('loaded ' ~ day, info=true) }}
    {%- endfor -%}
    {%- if gone -%}
      {%- do run_query("DELETE FROM " ~ table ~ " WHERE event_date IN (" ~ date_list(gone) ~ ")") -%}
      {{ log('removed, for the lake has them no more: ' ~ gone | join(', '), info=true) }}
    {%- endif -%}
    {%- if not changed and not gone -%}{{ log('no day of ' ~ prefix ~ ' changed since it was loaded', info=true) }}{%- endif -%}
  {%- endif -%}
  {%- if changed or gone -%}{%- do note_loaded_days(there, changed) -%}{%- endif -%}
  {%- if items is not none -%}{%- do load_item_names(items) -%}{%- endif -%}
{%- endmacro %}
