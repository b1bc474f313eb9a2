{# These days, and from `before` to `after` them every `step` days, in order. #}
{% macro days_around(days, before=0, after=0, step=1) -%}
  {%- set found = {} -%}
  {%- for text in days -%}
    {%- set day = modules.datetime.date.fromisoformat(checked_day(text, 'a day')) -%}
    {%- for n in range(-before, after + 1, step) -%}{%- do found.update({(day + modules.datetime.timedelta(days=n)).isoformat(): true}) -%}{%- endfor -%}
  {%- endfor -%}
  {{ return(found | sort) }}
{%- endmacro %}
