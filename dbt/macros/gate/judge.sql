{#
  Judges the staged build by dbt/models/gate.yml, writes each result to caec_raw.quality_results, red or green, and gives what was found red, as sentences. It logs what is not green, and why rows of
  these days' files were refused (`gate: …`; the workflows make a table of it).
  `not_green`: names of the data tests and models of this run that are not green.
#}
{% macro judge(not_green, is_modelled) -%}
  {%- set limits, scope = gate_limits(), gate_scope() -%}
  {%- if load_relation(source('caec_raw', 'quality_results')) is none or load_relation(source('caec_raw', 'file_counts')) is none -%}{%- do create_raw_tables() -%}{%- endif -%}
  {%- set structs = [] -%}
  {%- for name, limit in limits.items() -%}
    {%- do structs.append("STRUCT('" ~ name ~ "' AS check_name, '" ~ limit.on_red ~ "' AS on_red, " ~ ("CAST(NULL AS FLOAT64)" if limit.at_least is none else "CAST(" ~ limit.at_least ~ " AS FLOAT64)") ~ " AS at_least, "
      ~ ("CAST(NULL AS FLOAT64)" if limit.at_most is none else "CAST(" ~ limit.at_most ~ " AS FLOAT64)") ~ " AS at_most)") -%}
  {%- endfor -%}
  {%- set results = source('caec_raw', 'quality_results') -%}
  {%- do run_query(
    "INSERT INTO " ~ results ~ " (run_id, judged_at, check_name, event_date, value, at_least, at_most, verdict, detail)"
    ~ " SELECT '" ~ invocation_id ~ "', CURRENT_TIMESTAMP(), found.check_name, found.event_date, found.value, limits.at_least, limits.at_most,"
    ~ " CASE WHEN found.value IS NULL THEN 'not judged' WHEN found.value < limits.at_least OR found.value > limits.at_most THEN IF(limits.on_red = 'hold', 'red', 'alarm') ELSE 'green' END, found.detail"
    ~ " FROM (" ~ gate_query(limits, scope, is_modelled) ~ ") AS found INNER JOIN UNNEST([" ~ structs | join(', ') ~ "]) AS limits ON found.check_name = limits.check_name"
    ~ " UNION ALL SELECT '" ~ invocation_id ~ "', CURRENT_TIMESTAMP(), 'data_tests', CAST(NULL AS DATE), CAST(" ~ not_green | length ~ " AS FLOAT64), CAST(NULL AS FLOAT64), CAST(0 AS FLOAT64), '" ~ ('red' if not_green else 'green') ~ "', "
    ~ ("'" ~ not_green[:10] | join(', ') ~ "'" if not_green else "CAST(NULL AS STRING)")) -%}
  {%- set said, quiet = {'red': [], 'alarm': []}, {} -%}
  {%- for check, verdict, rows, first, last, value, detail in run_query(
    "SELECT check_name, verdict, COUNT(*) AS row_count, CAST(MIN(event_date) AS STRING) AS first_day, CAST(MAX(event_date) AS STRING) AS last_day, MAX(ABS(value)) AS worst, MAX(detail) AS detail FROM " ~ results
    ~ " WHERE run_id = '" ~ invocation_id ~ "' GROUP BY check_name, verdict ORDER BY verdict, check_name") -%}
    {%- set line = check ~ (' of ' ~ first if first is not none else '') ~ (' to ' ~ last if last is not none and last != first else '') ~ (' (' ~ detail ~ ')' if detail is not none else '') -%}
    {%- if verdict in said -%}{{ log('gate: ' ~ verdict ~ ': ' ~ line, info=true) }}{%- else -%}{%- do quiet.update({verdict: quiet.get(verdict, 0) + rows}) -%}{%- endif -%}
    {%- if verdict in said and check != 'data_tests' -%}{%- do said[verdict].append(line) -%}{%- endif -%}
  {%- endfor -%}
  {%- set counts = source('caec_raw', 'file_counts') -%}
  {%- for reason, number, file in run_query(
    "SELECT reason, SUM(row_count) AS row_count, MIN(file) AS file FROM " ~ counts ~ " WHERE outcome = 'rejected' AND file IN (SELECT file FROM " ~ counts ~ " WHERE " ~ gate_on_days(scope) ~ ")"
    ~ " GROUP BY reason ORDER BY row_count DESC, reason LIMIT 20") -%}
    {{ log('gate: refused: ' ~ number ~ ' rows ' ~ reason ~ ', in ' ~ file ~ ' and maybe others', info=true) }}
  {%- endfor -%}
  {{ log('gate: ' ~ quiet.get('green', 0) ~ ' results green, ' ~ quiet.get('not judged', 0) ~ ' not judged, ' ~ said.red | length ~ ' checks red, ' ~ said.alarm | length ~ ' alarms', info=true) }}
  {{ return(said.red) }}
{%- endmacro %}
