{# Before an incremental model puts its changed days: they go, with rows or without. Nobody reads a staged mart while it is built. #}
{% macro remove_changed(day_column, kind) -%}
  {%- if is_incremental() -%}
    {%- set change = changed() -%}
  delete from {{ this }} where {{ 'true' if change is none else on_days(day_column, change[kind]) }}
  {%- endif -%}
{%- endmacro %}
