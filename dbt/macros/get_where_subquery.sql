{#
  What a generic data test reads of its model, by dbt's own hook (https://docs.getdbt.com/reference/resource-configs/where): of a model by day the days that the gate judges, constants, so BigQuery
  reads no other. Else, and by `dbt test`, all of it. A `where` of the test counts as well.
#}
{% macro get_where_subquery(relation) -%}
  {%- set conditions = ['(' ~ config.get('where') ~ ')'] if config.get('where') else [] -%}
  {%- set scope = tested_scope() -%}
  {%- if scope.days is not none -%}
    {%- set columns = graph.nodes[model.attached_node].columns if model.attached_node in graph.nodes else {} -%}
    {%- if 'event_date' in columns -%}{%- do conditions.append(gate_on_days(scope)) -%}
    {%- elif 'session_date' in columns -%}{%- do conditions.append(gate_on_days(scope, 'session_date', 'session_days')) -%}
    {%- endif -%}
  {%- endif -%}
  {%- if not conditions -%}{{ return(relation) }}{%- endif -%}
  {{ return('(select * from ' ~ relation ~ ' where ' ~ conditions | join(' and ') ~ ') dbt_subquery') }}
{%- endmacro %}
