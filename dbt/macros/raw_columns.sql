{# The columns of each table of caec_raw but the partitioned one; the DDL files say what they are for. #}
{% macro raw_columns() -%}
  {{ return({
    'item_names': 'item_id STRING, product_name STRING',
    'lake_days': 'event_date DATE, version STRING',
    'loaded_days': 'event_date DATE, version STRING, loaded_by STRING',
    'quarantined_files': 'file STRING, reasons STRING',
    'file_counts': 'file STRING, event_date DATE, outcome STRING, reason STRING, row_count INT64',
    'quality_results': 'run_id STRING, judged_at TIMESTAMP, published_at TIMESTAMP, check_name STRING, event_date DATE, value FLOAT64, at_least FLOAT64, at_most FLOAT64, verdict STRING, detail STRING',
  }) }}
{%- endmacro %}
