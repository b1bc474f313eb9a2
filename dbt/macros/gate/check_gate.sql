{#
  dbt run-operation check_gate    fails with what the gate found red, or worth an alarm, in the last build: the last step of a run, red until it is repaired although everything else is published
#}
{% macro check_gate() -%}
  {%- do create_raw_tables() -%}
  {%- set said = [] -%}
  {%- for row in run_query("SELECT sentence FROM " ~ source('caec_raw', 'quality_last_run') ~ " WHERE verdict IN ('red', 'alarm') ORDER BY check_name, event_date LIMIT 20") -%}
    {%- do said.append(row[0]) -%}
  {%- endfor -%}
  {%- if said -%}
    {{ exceptions.raise_compiler_error("the gate: " ~ said | join('; ') ~ "; caec_raw.quality_last_run has every check, docs/dag.md what to do") }}
  {%- endif -%}
{%- endmacro %}
