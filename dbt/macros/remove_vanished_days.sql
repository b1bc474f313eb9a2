{# Days of this table that its source no longer has: insert_overwrite replaces only days for which there are rows. #}
{% macro remove_vanished_days(day_column, source_relation, source_day) -%}
  {%- if is_incremental() -%}
  delete from {{ this }} where {{ day_column }} not in (select {{ source_day }} from {{ source_relation }})
  {%- endif -%}
{%- endmacro %}
