{# A gs:// path without quotes, wildcards or a trailing slash, or an error: it becomes part of SQL. #}
{% macro checked_uri(uri, name) -%}
  {%- set text = (uri | string).rstrip('/') -%}
  {%- if not modules.re.match('^gs://[a-z0-9][a-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._=/ -]*)?$', text) -%}
    {{ exceptions.raise_compiler_error(name ~ " must be a gs:// path, got '" ~ text ~ "'") }}
  {%- endif -%}
  {{ text }}
{%- endmacro %}
