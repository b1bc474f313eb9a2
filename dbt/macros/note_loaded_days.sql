{#
  caec_raw.loaded_days in one statement: the versions of the days `loaded` by this command, and none for days that `versions` does not have. They are written out: what is noted is what was read before
  the load began. `loaded_by` is new with every load, also of a version that was loaded before: the models look at it.
#}
{% macro note_loaded_days(versions, loaded) -%}
  {%- set rows = [] -%}
  {%- for day, version in versions.items() -%}
    {%- if not modules.re.match('^[0-9a-f]{32}\\Z', version | string) -%}
      {{ exceptions.raise_compiler_error("the version of " ~ day ~ " in _ledger/days.csv must be 32 hex digits, got '" ~ version ~ "'; run sessionize again") }}
    {%- endif -%}
    {%- do rows.append("STRUCT(DATE '" ~ day ~ "' AS event_date, '" ~ version ~ "' AS version, " ~ (day in loaded) ~ " AS is_loaded)") -%}
  {%- endfor -%}
  {%- do run_query(
    "MERGE " ~ source('caec_raw', 'loaded_days') ~ " AS noted USING (SELECT event_date, version, is_loaded FROM UNNEST([" ~ rows | join(', ') ~ "])) AS lake"
    ~ " ON noted.event_date = lake.event_date"
    ~ " WHEN MATCHED AND lake.is_loaded THEN UPDATE SET version = lake.version, loaded_by = '" ~ invocation_id ~ "'"
    ~ " WHEN NOT MATCHED BY TARGET THEN INSERT (event_date, version, loaded_by) VALUES (lake.event_date, lake.version, '" ~ invocation_id ~ "')"
    ~ " WHEN NOT MATCHED BY SOURCE THEN DELETE") -%}
{%- endmacro %}
