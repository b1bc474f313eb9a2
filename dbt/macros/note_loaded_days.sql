{# caec_raw.loaded_days becomes exactly these days and versions, in one statement. They are written out: what is noted is what was read before the load began. #}
{% macro note_loaded_days(versions) -%}
  {%- set rows = [] -%}
  {%- for day, version in versions.items() -%}
    {%- if not modules.re.match('^[0-9a-f]{32}\\Z', version | string) -%}
      {{ exceptions.raise_compiler_error("the version of " ~ day ~ " in _ledger/days.csv must be 32 hex digits, got '" ~ version ~ "'; run sessionize again") }}
    {%- endif -%}
    {%- do rows.append("STRUCT(DATE '" ~ day ~ "' AS event_date, '" ~ version ~ "' AS version)") -%}
  {%- endfor -%}
  {%- do run_query(
    "MERGE " ~ source('caec_raw', 'loaded_days') ~ " AS loaded USING (SELECT event_date, version FROM UNNEST([" ~ rows | join(', ') ~ "])) AS lake"
    ~ " ON loaded.event_date = lake.event_date"
    ~ " WHEN MATCHED THEN UPDATE SET version = lake.version"
    ~ " WHEN NOT MATCHED BY TARGET THEN INSERT (event_date, version) VALUES (lake.event_date, lake.version)"
    ~ " WHEN NOT MATCHED BY SOURCE THEN DELETE") -%}
{%- endmacro %}
