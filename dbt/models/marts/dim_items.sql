{{ config(materialized='table') }}
-- One row per product with a name; a product named twice keeps the alphabetically first name. The cast is for names that were loaded when ids were numbers.
select
  cast(item_id as string) as item_id,
  min(product_name) as product_name
from {{ source('caec_raw', 'item_names') }}
where item_id is not null and product_name is not null
group by 1
