{# After the last copy: which load of each day is published now, and in the results of this run when. #}
{% macro note_published() -%}
  {%- do run_query("CREATE OR REPLACE TABLE " ~ published_days() ~ " AS SELECT event_date, loaded_by FROM " ~ built_days()) -%}
  {%- do run_query("UPDATE " ~ source('caec_raw', 'quality_results') ~ " SET published_at = CURRENT_TIMESTAMP() WHERE run_id = '" ~ invocation_id ~ "'") -%}
{%- endmacro %}
