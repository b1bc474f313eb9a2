{#
  dbt run-operation visitor_rows --args '{visitor: "007"}'                   says how many rows of this visitor each table of caec_raw and caec_analytics holds
  dbt run-operation visitor_rows --args '{visitor: "007", is_gone: true}'    fails when one holds any: the end of an erasure (docs/erase-visitor.md)
  The id is text, so it is written in quotes: 007 without them is a number, and that of somebody else. Asked are all tables with a visitor_id, also those that this project did not make.
#}
{% macro visitor_rows(visitor, is_gone=false) -%}
  {%- if visitor is not string or not visitor | trim -%}
    {{ exceptions.raise_compiler_error("visitor_rows: visitor must be the id of one visitor as text, in quotes: {visitor: \"007\"}") }}
  {%- endif -%}
  {%- set parts, held = [], [] -%}
  {%- for place in [source('caec_raw', 'sessionized_events'), mart_relation('fct_sessions')] -%}
    {%- set dataset = "`" ~ place.database ~ "`.`" ~ place.schema ~ "`" -%}
    {%- for row in run_query(
      "SELECT c.table_name, c.data_type FROM " ~ dataset ~ ".INFORMATION_SCHEMA.COLUMNS AS c INNER JOIN " ~ dataset ~ ".INFORMATION_SCHEMA.TABLES AS t ON c.table_name = t.table_name"
      ~ " WHERE c.column_name = 'visitor_id' AND t.table_type != 'VIEW' ORDER BY 1") -%}
      {%- do parts.append("SELECT '" ~ place.schema ~ "." ~ row[0] ~ "' AS table_name, COUNT(*) AS row_count FROM " ~ dataset ~ ".`" ~ row[0] ~ "` WHERE " ~ ('visitor_id' if row[1] == 'STRING' else 'CAST(visitor_id AS STRING)') ~ " = " ~ tojson(visitor)) -%}
    {%- endfor -%}
  {%- endfor -%}
  {%- for table, row_count in run_query(parts | join(' UNION ALL ') ~ ' ORDER BY 1') -%}
    {{ log(table ~ ': ' ~ row_count ~ ' rows of the visitor', info=true) }}
    {%- if row_count -%}{%- do held.append(table ~ ' (' ~ row_count ~ ')') -%}{%- endif -%}
  {%- endfor -%}
  {%- if is_gone and held -%}
    {{ exceptions.raise_compiler_error("visitor_rows: rows of the visitor are left in " ~ held | join(', ') ~ "; load and build again, and what this project did not make its owner must clean") }}
  {%- endif -%}
{%- endmacro %}
