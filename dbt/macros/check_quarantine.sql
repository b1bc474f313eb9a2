{#
  dbt run-operation check_quarantine    fails with the names of the raw files that the last clean run left out whole, and why; nothing waits for it: all other files are published
#}
{% macro check_quarantine() -%}
  {%- do create_raw_tables() -%}
  {%- set rows = run_query("SELECT file, reasons FROM " ~ source('caec_raw', 'quarantined_files') ~ " ORDER BY file LIMIT 20") -%}
  {%- set said = [] -%}
  {%- for file, reasons in rows -%}
    {%- do said.append(file ~ " " ~ reasons) -%}
  {%- endfor -%}
  {%- if said -%}
    {{ exceptions.raise_compiler_error("raw files left out whole, for too many of their rows are refused (all other files are in the numbers): " ~ said | join('; ') ~ "; repair or remove them and run again") }}
  {%- endif -%}
{%- endmacro %}
