-- One row per event, typed and named once; everything downstream reads this and not the source.
select
  event_id,
  event_ts,
  event_date,
  visitor_id,
  event_type,
  item_id,
  transaction_id,
  session_id,
  session_start_ts,
  quantity,
  value,
  currency,
  page,
  referrer,
  traffic_source,
  traffic_medium,
  campaign,
  device,
  country,
  properties
from {{ source('caec_raw', 'sessionized_events') }}
