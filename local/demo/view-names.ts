/** The views that the report page shows, in the order in which they are read. */
export const viewNames = [
  'kpi_daily_sessions',
  'kpi_conversion_rate',
  'kpi_funnel_summary',
  'kpi_dropoff_funnel',
  'event_type_lookup',
  'kpi_event_volume_by_type',
  'kpi_sessions_by_signup_cohort',
  'kpi_top_products',
  'kpi_top_products_named',
  'kpi_retention_by_week',
  'kpi_sessions_by_last_touch',
  'kpi_sessions_by_device',
] as const
