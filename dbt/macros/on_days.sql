{#
  `column` is one of these days, and of no day between them: constants, by which BigQuery reads these partitions only. An unbroken run is a range, and so are the runs of more than a year, which as a list would
  not fit into a statement.
#}
{% macro on_days(column, days) -%}
  {%- set runs, parts = [], [] -%}
  {%- for text in days | unique | sort -%}
    {%- set day = modules.datetime.date.fromisoformat(checked_day(text, 'a day')) -%}
    {%- if runs and (day - runs[-1][1]).days == 1 -%}{%- do runs.append([runs.pop()[0], day]) -%}{%- else -%}{%- do runs.append([day, day]) -%}{%- endif -%}
  {%- endfor -%}
  {%- if not runs -%}false
  {%- elif (runs | length == 1 and days | length > 2) or days | length > 366 -%}
    {%- for first, last in runs -%}{%- do parts.append(column ~ " between date '" ~ first ~ "' and date '" ~ last ~ "'") -%}{%- endfor -%}
    {{ parts | first if parts | length == 1 else '(' ~ parts | join(' or ') ~ ')' }}
  {%- else -%}{{ column }} in ({{ date_list(days | unique | sort) }})
  {%- endif -%}
{%- endmacro %}
