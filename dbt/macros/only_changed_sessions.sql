{# The `where` by which only the events of sessions that may have changed are read; empty when everything is built. #}
{% macro only_changed_sessions() -%}
  {%- set change = changed() -%}
  {%- if change is not none %}
  where {{ on_days('event_date', change.event_days) }} and {{ on_days('date(session_start_ts)', change.session_days) }}
  {%- endif -%}
{%- endmacro %}
