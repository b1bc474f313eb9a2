{#
  dbt run-operation load_item_names --args '{uri: gs://P-lake/items/items.csv}'    replaces the product names; the file is CSV with the header itemid,name in this order
  Never run: kpi_top_products_named shows NULL names.
#}
{% macro load_item_names(uri) -%}
  {%- do create_raw_tables() -%}
  {%- do run_query(
    "LOAD DATA OVERWRITE " ~ source('caec_raw', 'item_names') ~ " (" ~ raw_columns().item_names ~ ")"
    ~ " FROM FILES (format = 'CSV', uris = ['" ~ checked_uri(uri, 'uri') ~ "'], skip_leading_rows = 1)") -%}
  {{ log('loaded item names from ' ~ uri, info=true) }}
{%- endmacro %}
