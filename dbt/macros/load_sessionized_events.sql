{#
  dbt run-operation load_sessionized_events --args '{lake: gs://P-lake}'                            everything, in one statement; days that are gone disappear
  dbt run-operation load_sessionized_events --args '{lake: gs://P-lake, from: D, to: D}'            these days, one idempotent overwrite each; other days stay
  The day is not in the files but in their path (event_date=…): https://docs.cloud.google.com/bigquery/docs/hive-partitioned-loads-gcs
  Grammar: https://docs.cloud.google.com/bigquery/docs/reference/standard-sql/load-statements (PARTITIONS needs INTO).
#}
{% macro load_sessionized_events(lake, from=none, to=none) -%}
  {%- if (from is none) != (to is none) -%}
    {{ exceptions.raise_compiler_error("load_sessionized_events: give both from and to, or neither for everything") }}
  {%- endif -%}
  {%- set prefix = checked_uri(lake, 'lake') ~ '/sessionized' -%}
  {%- set table = source('caec_raw', 'sessionized_events') -%}
  {%- do create_raw_tables() -%}
  {%- if from is none -%}
    {%- do run_query(
      "LOAD DATA OVERWRITE " ~ table ~ " (" ~ event_columns() ~ ") PARTITION BY event_date CLUSTER BY visitor_id"
      ~ " FROM FILES (format = 'PARQUET', uris = ['" ~ prefix ~ "/event_date=*.parquet'], hive_partition_uri_prefix = '" ~ prefix ~ "')"
      ~ " WITH PARTITION COLUMNS (event_date DATE)") -%}
    {{ log('loaded all days of ' ~ prefix, info=true) }}
  {%- else -%}
    {%- for day in days_between(from, to) -%}
      {%- do run_query(
        "LOAD DATA INTO " ~ table ~ " OVERWRITE PARTITIONS (event_date = DATE '" ~ day ~ "')"
        ~ " FROM FILES (format = 'PARQUET', uris = ['" ~ prefix ~ "/event_date=" ~ day ~ "/*.parquet'], hive_partition_uri_prefix = '" ~ prefix ~ "')"
        ~ " WITH PARTITION COLUMNS (event_date DATE)") -%}
      {{ log('loaded ' ~ day, info=true) }}
    {%- endfor -%}
  {%- endif -%}
{%- endmacro %}
