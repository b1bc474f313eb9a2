{# The order of a visitor's events (docs/contract.md §2); `event_id` last, so that no two rows are alike. #}
{% macro event_order() -%}
  event_ts, case event_type when 'view' then 0 when 'addtocart' then 1 when 'checkout' then 2 when 'transaction' then 3 when 'refund' then 4 else 5 end, item_id, transaction_id, event_id
{%- endmacro %}
