{# The `where` by which only the events of sessions that may have changed are read; empty when everything is built. #}
{% macro only_changed_sessions() -%}
  {%- set change = changed() -%}
  {%- if change is not none -%}
    {%- if change.session_days -%}
  where event_date between date '{{ change.session_days | first }}' and date '{{ change.last_day }}' and {{ on_days('date(session_start_ts)', change.session_days) }}
    {%- else -%}
  where false
    {%- endif -%}
  {%- endif -%}
{%- endmacro %}
