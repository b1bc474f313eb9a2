{# The days from first to last, inclusive, as YYYY-MM-DD strings. #}
{% macro days_between(first, last) -%}
  {%- set start = modules.datetime.date.fromisoformat(checked_day(first, 'from')) -%}
  {%- set end = modules.datetime.date.fromisoformat(checked_day(last, 'to')) -%}
  {%- if start > end -%}
    {{ exceptions.raise_compiler_error("from " ~ start ~ " is after to " ~ end) }}
  {%- endif -%}
  {%- set days = [] -%}
  {%- for n in range((end - start).days + 1) -%}
    {%- do days.append((start + modules.datetime.timedelta(days=n)).isoformat()) -%}
  {%- endfor -%}
  {{ return(days) }}
{%- endmacro %}
