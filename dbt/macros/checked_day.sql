{# A day as YYYY-MM-DD, or an error: it becomes part of SQL and of a path. #}
{% macro checked_day(day, name) -%}
  {%- set text = day | string -%}
  {%- if not modules.re.match('^[0-9]{4}-[0-9]{2}-[0-9]{2}$', text) -%}
    {{ exceptions.raise_compiler_error(name ~ " must be a day like 2015-05-03, got '" ~ text ~ "'") }}
  {%- endif -%}
  {{ modules.datetime.datetime.strptime(text, '%Y-%m-%d').strftime('%Y-%m-%d') }}
{%- endmacro %}
