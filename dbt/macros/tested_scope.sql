{#
  The days a data test of `dbt build` looks at: those the gate judges, which are all that differ from what is published, also after a red build that left nothing to build. Everything for `dbt test`, a full
  refresh and a pull request. Asked once in a run: nothing in it moves before the end.
#}
{% macro tested_scope() -%}
  {%- if not execute or flags.WHICH != 'build' or flags.FULL_REFRESH or var('pull_request_dataset', none) is not none -%}{{ return({'days': none}) }}{%- endif -%}
  {%- if 'tested_scope' not in graph -%}{%- do graph.update({'tested_scope': gate_scope()}) -%}{%- endif -%}
  {{ return(graph.tested_scope) }}
{%- endmacro %}
