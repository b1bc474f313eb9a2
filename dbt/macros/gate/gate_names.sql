{# Every check of the gate: those on the load's counts, and those on the staged marts. #}
{% macro gate_names() -%}
  {%- set counts = ['loaded_rows', 'missing_days', 'rejected_rows', 'unknown_events', 'rejected_ids', 'rejected_orders', 'rejected_times', 'future_rows', 'repeated_file', 'quarantined_files', 'quarantined_rows', 'unprocessed_files', 'late_rows', 'days_behind'] -%}
  {%- set marts = ['modelled_rows', 'session_rows', 'order_totals', 'session_gaps', 'repeated_events', 'missing_values', 'wrong_ids', 'purchases_without_order', 'future_events', 'volume', 'known_items'] -%}
  {{ return(counts + marts) }}
{%- endmacro %}
