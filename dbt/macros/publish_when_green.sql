{#
  on-run-end: when `dbt build` built every mart, every data test of the project passed and the gate is green (`judge`), each staged mart is copied over the published one (a copy job: free, atomic per table).
  Red, or not everything judged: what is published stays exactly as it is, and one line says why.
  Visitors first, events and the days that tell of them last: the views' `data_through` moves when all else is there.
#}
{% macro publish_when_green(results) -%}
  {%- if execute and flags.WHICH == 'build' and var('pull_request_dataset', none) is none -%}
    {%- set statuses, marts, missing, red = {}, [], [], [] -%}
    {%- for result in results -%}
      {%- do statuses.update({result.node.unique_id: result.status | string}) -%}
      {%- if result.status | string == 'skipped' -%}{%- do missing.append(result.node.name) -%}
      {%- elif result.status | string not in ['success', 'pass', 'warn', 'no-op'] -%}{%- do red.append(result.node.name) -%}{%- endif -%}
    {%- endfor -%}
    {%- for node in graph.nodes.values() if is_mart(node) or node.resource_type == 'test' -%}
      {%- if node.unique_id not in statuses -%}{%- do missing.append(node.name) -%}{%- endif -%}
      {%- if is_mart(node) -%}{%- do marts.append(node) -%}{%- endif -%}
    {%- endfor -%}
    {%- if missing and not red -%}
      {{ log('not published, the tables stay as they were: this run had no part of ' ~ missing[:5] | join(', '), info=true) }}
    {%- else -%}
      {%- set facts = [statuses.get('model.caec.fct_events'), statuses.get('model.caec.fct_sessions')] -%}
      {%- set found = judge(red, facts == ['success', 'success']) -%}
      {%- if red or found -%}
        {{ log('not published, the tables stay as they were: ' ~ (red + found) | length ~ ' not green: ' ~ (red + found)[:5] | join(', '), info=true) }}
        {%- if found -%}
          {#- A statement that fails, not an exception of this hook: dbt keeps the results of all nodes. #}
          assert false as {{ tojson('the gate is red, so nothing is published: ' ~ found[:10] | join('; ') ~ '; caec_raw.quality_results has every check, dbt/models/gate.yml the thresholds') }}
        {%- endif -%}
      {%- else -%}
        {%- set last = ['fct_events', 'fct_days'] -%}
        {%- for node in marts | sort(attribute='name') if node.name not in last -%}{%- do publish(node) -%}{%- endfor -%}
        {%- for name in last -%}{%- for node in marts if node.name == name -%}{%- do publish(node) -%}{%- endfor -%}{%- endfor -%}
        {%- do note_published() -%}
        {{ log('published ' ~ marts | map(attribute='name') | sort | join(', '), info=true) }}
      {%- endif -%}
    {%- endif -%}
  {%- endif -%}
{%- endmacro %}
