{# One statement for all checks: check_name, event_date, value, detail. `is_modelled`: this run built the facts, so they can be judged. #}
{% macro gate_query(limits, scope, is_modelled) -%}
  {%- set parts = [gate_loaded_rows(scope), gate_missing_days(limits.missing_days), gate_days_behind(), gate_absent_files(), gate_quarantined_rows(scope), gate_late_rows(limits.late_rows, scope)] -%}
  {%- do parts.append(gate_file_shares(['rejected_rows', 'unknown_events', 'rejected_ids', 'rejected_orders', 'rejected_times', 'future_rows', 'repeated_file'], limits, scope)) -%}
  {%- if is_modelled -%}
    {%- do parts.extend([
      gate_modelled_rows(scope), gate_session_totals(scope), gate_session_gaps(scope), gate_impossible_rows(scope),
      gate_volume(limits.volume, scope), gate_known_items(limits.known_items, scope),
    ]) -%}
  {%- endif -%}
  {%- for part in parts %}
  select check_name, event_date, value, detail from ({{ part }})
  {{ 'union all' if not loop.last }}
  {%- endfor -%}
{%- endmacro %}
