{#
  dbt run-operation check_gate    fails with what the gate found red, or worth an alarm, in the last build: the last step of a run, red until it is repaired although everything else is published
#}
{% macro check_gate() -%}
  {%- do create_raw_tables() -%}
  {%- set results = source('caec_raw', 'quality_results') -%}
  {%- set said = [] -%}
  {%- for check, day, detail in run_query(
    "SELECT check_name, CAST(event_date AS STRING) AS event_date, detail FROM " ~ results ~ " WHERE verdict IN ('red', 'alarm') AND run_id = (SELECT run_id FROM " ~ results
    ~ " ORDER BY judged_at DESC LIMIT 1) ORDER BY 1, 2 LIMIT 20") -%}
    {%- do said.append(check ~ (' of ' ~ day if day is not none else '') ~ (': ' ~ detail if detail is not none else '')) -%}
  {%- endfor -%}
  {%- if said -%}
    {{ exceptions.raise_compiler_error("the gate: " ~ said | join('; ') ~ "; caec_raw.quality_results has every check, docs/dag.md what to do") }}
  {%- endif -%}
{%- endmacro %}
