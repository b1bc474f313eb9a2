{# As `only_changed_sessions`, for a mart: one that is built for the first time reads everything, whatever changed. #}
{% macro of_changed_sessions() -%}
  {%- if is_incremental() -%}{{ only_changed_sessions() }}{%- endif -%}
{%- endmacro %}
