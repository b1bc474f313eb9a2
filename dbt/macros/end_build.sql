{# on-run-end: what was pending is built, when this run built both facts. Red tests change nothing in that: it is the staged marts that `built_days` tells of. #}
{% macro end_build(results) -%}
  {%- if execute and flags.WHICH in ['run', 'build'] and load_relation(built_days()) is not none -%}
    {%- set built = [] -%}
    {%- for result in results if result.status | string == 'success' and result.node.unique_id in ['model.caec.fct_events', 'model.caec.fct_sessions'] -%}
      {%- do built.append(result.node.unique_id) -%}
    {%- endfor -%}
    {%- if built | length == 2 -%}
      {%- do run_query("DELETE FROM " ~ built_days() ~ " WHERE pending IS NULL") -%}
      {%- do run_query("UPDATE " ~ built_days() ~ " SET loaded_by = pending, first_session_date = next_first_session_date WHERE TRUE") -%}
    {%- endif -%}
  {%- endif -%}
{%- endmacro %}
