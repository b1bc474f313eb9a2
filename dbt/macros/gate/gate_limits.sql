{#
  {check: {on_red, at_least, at_most, from_rows, reasons, except}} from dbt/models/gate.yml, with what the variable `gate` says otherwise. Strict: a name or key it does not know, or a missing or wrong value, is an error.
#}
{% macro gate_limits() -%}
  {%- set limits = graph.sources['source.caec.caec_raw.quality_results'].config.meta.gate -%}
  {%- set others = var('gate', {}) -%}
  {%- set keys = {'on_red': none, 'at_least': none, 'at_most': none, 'from_rows': 0, 'reasons': [], 'except': []} -%}
  {%- set found = {} -%}
  {%- for name in others if name not in limits -%}
    {{ exceptions.raise_compiler_error("the variable gate: there is no check '" ~ name ~ "'; dbt/models/gate.yml has " ~ limits | join(', ')) }}
  {%- endfor -%}
  {%- for name in gate_names() if name not in limits -%}
    {{ exceptions.raise_compiler_error("dbt/models/gate.yml: the check '" ~ name ~ "' has no thresholds") }}
  {%- endfor -%}
  {%- for name, limit in limits.items() -%}
    {%- if name not in gate_names() -%}
      {{ exceptions.raise_compiler_error("dbt/models/gate.yml: there is no check '" ~ name ~ "'; there are " ~ gate_names() | join(', ')) }}
    {%- endif -%}
    {%- set checked = keys.copy() -%}
    {%- for source in [limit, others.get(name, {})] -%}
      {%- if source is not mapping -%}
        {{ exceptions.raise_compiler_error("gate, check " ~ name ~ ": must be a mapping such as {at_most: 0}, got " ~ source) }}
      {%- endif -%}
      {%- for key, value in source.items() -%}
        {%- if key not in keys -%}
          {{ exceptions.raise_compiler_error("gate, check " ~ name ~ ": there is no key '" ~ key ~ "'; there are " ~ keys | join(', ')) }}
        {%- elif key in ['at_least', 'at_most', 'from_rows'] and (value is not number or value is boolean or value < 0) -%}
          {{ exceptions.raise_compiler_error("gate, check " ~ name ~ ": " ~ key ~ " must be a number from 0 on, got '" ~ value ~ "'") }}
        {%- elif key == 'on_red' and value not in ['hold', 'alarm'] -%}
          {{ exceptions.raise_compiler_error("gate, check " ~ name ~ ": on_red must be hold or alarm, got '" ~ value ~ "'") }}
        {%- elif key in ['reasons', 'except'] and (value is string or value is mapping or value is not sequence) -%}
          {{ exceptions.raise_compiler_error("gate, check " ~ name ~ ": " ~ key ~ " must be a list, got '" ~ value ~ "'") }}
        {%- endif -%}
        {%- do checked.update({key: value}) -%}
      {%- endfor -%}
    {%- endfor -%}
    {%- if checked.on_red is none or (checked.at_least is none and checked.at_most is none) -%}
      {{ exceptions.raise_compiler_error("gate, check " ~ name ~ ": needs on_red, and at_least or at_most") }}
    {%- endif -%}
    {%- set words = checked.reasons + ([] if name == 'missing_days' else checked['except']) -%}
    {%- for reason in words if not modules.re.match('^[a-z0-9_]+\\Z', reason | string) -%}
      {{ exceptions.raise_compiler_error("gate, check " ~ name ~ ": a reason is a word such as event_unknown, got '" ~ reason ~ "'") }}
    {%- endfor -%}
    {%- do found.update({name: checked}) -%}
  {%- endfor -%}
  {{ return(found) }}
{%- endmacro %}
