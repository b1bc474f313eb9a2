{# on-run-end: what was pending is built, when this run built every incremental mart. Red tests change nothing in that: it is the staged marts that `built_days` tells of. #}
{% macro end_build(results) -%}
  {%- if execute and flags.WHICH in ['run', 'build'] and load_relation(built_days()) is not none -%}
    {%- set built = [] -%}
    {%- for result in results if result.status | string == 'success' and result.node.unique_id in incremental_marts() -%}
      {%- do built.append(result.node.unique_id) -%}
    {%- endfor -%}
    {%- if built | length == incremental_marts() | length -%}
      {%- do run_query("DELETE FROM " ~ built_days() ~ " WHERE pending IS NULL") -%}
      {%- do run_query("UPDATE " ~ built_days() ~ " SET loaded_by = pending, first_session_date = next_first_session_date WHERE TRUE") -%}
    {%- endif -%}
  {%- endif -%}
{%- endmacro %}
