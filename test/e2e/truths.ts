/**
 * The expected numbers, computed a second time from the raw CSV by plain DuckDB SQL; it shares nothing with
 * Spark, dbt or the views.
 */
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'

export type Row = Readonly<Record<string, string | number | boolean | null>>
export interface Truths {
  rows(sql: string): Promise<Row[]>
  close(): void
}

const GAP_US = 1_800_000_000
const MAX_US = 86_400_000_000

/**
 * Tables `events` (one accepted event a row) and `sessions`, from a file in RetailRocket's columns without bad
 * rows.
 */
export const computeTruths = (csvFile: string): Promise<Truths> =>
  computeFrom([
    `CREATE TABLE raw AS SELECT * FROM read_csv('${csvFile.replaceAll("'", "''")}', header = true, all_varchar = true)`,
    `CREATE TABLE parsed AS SELECT DISTINCT timestamp::BIGINT * 1000 AS us, visitorid::BIGINT AS visitor, event, itemid::BIGINT AS item, TRY_CAST(NULLIF(transactionid, '') AS DOUBLE)::BIGINT AS trx, NULL::VARCHAR AS traffic_source, NULL::VARCHAR AS traffic_medium, NULL::VARCHAR AS campaign, NULL::VARCHAR AS device FROM raw`,
  ])

/** The same, and of `events` also what only some sources have, from a file of canonical rows, one JSON object a line. */
export const computeTruthsOfRows = (jsonFile: string): Promise<Truths> =>
  computeFrom([
    `CREATE TABLE raw AS SELECT * FROM read_json('${jsonFile.replaceAll("'", "''")}', format = 'newline_delimited', columns = {event_us: 'BIGINT', visitor_id: 'VARCHAR', event_type: 'VARCHAR', item_id: 'VARCHAR', transaction_id: 'VARCHAR', quantity: 'BIGINT', "value": 'DECIMAL(18, 2)', currency: 'VARCHAR', page: 'VARCHAR', referrer: 'VARCHAR', traffic_source: 'VARCHAR', traffic_medium: 'VARCHAR', campaign: 'VARCHAR', device: 'VARCHAR', country: 'VARCHAR'})`,
    `CREATE TABLE parsed AS SELECT DISTINCT event_us AS us, visitor_id AS visitor, event_type AS event, item_id AS item, transaction_id AS trx, * EXCLUDE (event_us, visitor_id, event_type, item_id, transaction_id) FROM raw`,
  ])

async function computeFrom(given: readonly string[]): Promise<Truths> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  const statements = [
    ...given,
    `CREATE TABLE ranked AS SELECT *, CASE event WHEN 'view' THEN 0 WHEN 'addtocart' THEN 1 WHEN 'checkout' THEN 2 WHEN 'transaction' THEN 3 WHEN 'refund' THEN 4 ELSE 5 END AS step FROM parsed`,
    `CREATE TABLE marked AS SELECT *, CASE WHEN us - LAG(us) OVER w > ${GAP_US} OR LAG(us) OVER w IS NULL THEN 1 ELSE 0 END AS opens,
       ROW_NUMBER() OVER w AS position, date_trunc('month', make_timestamp(MIN(us) OVER (PARTITION BY visitor)))::DATE AS signup FROM ranked WINDOW w AS (PARTITION BY visitor ORDER BY us, step, item, trx NULLS FIRST)`,
    `CREATE TABLE chained AS SELECT *, SUM(opens) OVER (PARTITION BY visitor ORDER BY position ROWS UNBOUNDED PRECEDING) AS chain FROM marked`,
    `CREATE TABLE cuts AS WITH RECURSIVE starts AS (
       SELECT visitor, chain, MIN(us) AS us FROM chained GROUP BY ALL HAVING MAX(us) - MIN(us) > ${MAX_US}
       UNION ALL SELECT s.visitor, s.chain, MIN(c.us) FROM starts s JOIN chained c USING (visitor, chain) WHERE c.us > s.us + ${MAX_US} GROUP BY s.visitor, s.chain, s.us)
       SELECT visitor, us FROM starts`,
    `CREATE TABLE events AS SELECT c.*, make_timestamp(c.us)::DATE AS event_date, c.chain + (SELECT COUNT(*) FROM cuts WHERE cuts.visitor = c.visitor AND cuts.us <= c.us) AS session FROM chained c`,
    `CREATE TABLE origins AS WITH bought AS (SELECT *, MIN(CASE WHEN step = 3 THEN position END) OVER (PARTITION BY visitor, session) AS purchase FROM events)
       SELECT visitor, session, MAX_BY({source: traffic_source, medium: traffic_medium, campaign: campaign}, position) FILTER (COALESCE(traffic_source, traffic_medium, campaign) IS NOT NULL AND (purchase IS NULL OR position <= purchase)) AS touch,
       MIN_BY(device, position) FILTER (device IS NOT NULL) AS device FROM bought GROUP BY ALL`,
    `CREATE TABLE firsts AS SELECT visitor, session, MIN(CASE WHEN step = 0 THEN position END) AS first_view FROM events GROUP BY ALL`,
    `CREATE TABLE carts AS SELECT e.visitor, e.session, MIN(e.position) AS first_cart FROM events e JOIN firsts f USING (visitor, session) WHERE e.step = 1 AND e.position > f.first_view GROUP BY ALL`,
    `CREATE TABLE buys AS SELECT DISTINCT e.visitor, e.session FROM events e JOIN carts c USING (visitor, session) WHERE e.step = 3 AND e.position > c.first_cart`,
    `CREATE TABLE sessions AS SELECT e.visitor, e.session, make_timestamp(MIN(us))::DATE AS session_date, ANY_VALUE(signup) AS signup, COUNT(*) AS events, (MAX(us) - MIN(us)) / 1000000.0 AS seconds,
       BOOL_OR(step = 0) AS has_view, BOOL_OR(step = 1) AS has_cart, BOOL_OR(step = 3) AS has_purchase,
       CASE WHEN ANY_VALUE(b.visitor) IS NOT NULL THEN 3 WHEN ANY_VALUE(c.first_cart) IS NOT NULL THEN 2 WHEN ANY_VALUE(f.first_view) IS NOT NULL THEN 1 ELSE 0 END AS reached
       FROM events e LEFT JOIN firsts f USING (visitor, session) LEFT JOIN carts c USING (visitor, session) LEFT JOIN buys b ON b.visitor = e.visitor AND b.session = e.session GROUP BY e.visitor, e.session`,
  ]
  for (const statement of statements) await connection.run(statement)
  return {
    rows: (sql) => readRows(connection, sql),
    close: () => {
      connection.closeSync()
      instance.closeSync()
    },
  }
}

async function readRows(connection: DuckDBConnection, sql: string): Promise<Row[]> {
  const reader = await connection.runAndReadAll(sql)
  return reader
    .getRowObjectsJson()
    .map((row) =>
      Object.fromEntries(
        Object.entries(row).map(([name, value]) => [
          name,
          typeof value === 'string' && name !== 'item_id' && /^-?\d{1,15}$/.test(value)
            ? Number(value)
            : (value as Row[string]),
        ]),
      ),
    )
}

/** An order counts once for an item, on the day of its first line. */
const SOLD =
  "(SELECT *, ROW_NUMBER() OVER (PARTITION BY trx, item, signup ORDER BY event_date) = 1 AS is_first FROM events WHERE event = 'transaction')"

/**
 * Expected rows of each view of the report without `data_through`, for events without an items file; columns
 * named as in the contract.
 */
export const VIEW_TRUTHS: Readonly<Record<string, string>> = {
  kpi_daily_sessions: `SELECT session_date::VARCHAR AS session_date, signup::VARCHAR AS signup_month, COUNT(*) AS sessions, SUM(events)::BIGINT AS events, COUNT(*) FILTER (events = 1) AS single_event_sessions, SUM(seconds) AS duration_seconds FROM sessions GROUP BY ALL`,
  kpi_conversion_rate: `SELECT session_date::VARCHAR AS session_date, signup::VARCHAR AS signup_month, COUNT(*) AS sessions, COUNT(*) FILTER (has_purchase) AS sessions_with_purchase, COUNT(*) FILTER (has_purchase) / COUNT(*) AS conversion_rate FROM sessions GROUP BY ALL`,
  kpi_funnel_summary: `SELECT session_date::VARCHAR AS session_date, signup::VARCHAR AS signup_month, COUNT(*) AS sessions, COUNT(*) FILTER (has_view) AS sessions_with_view, COUNT(*) FILTER (has_cart) AS sessions_with_cart, COUNT(*) FILTER (has_purchase) AS sessions_with_purchase FROM sessions GROUP BY ALL`,
  kpi_dropoff_funnel: [1, 2, 3]
    .map(
      (
        step,
      ) => `SELECT session_date::VARCHAR AS session_date, signup::VARCHAR AS signup_month, ${step} AS step, COUNT(*) FILTER (reached >= ${step}) AS sessions, COUNT(*) FILTER (reached >= ${step - 1}) AS sessions_previous_step,
    CASE WHEN COUNT(*) FILTER (reached >= ${step - 1}) = 0 THEN NULL ELSE 1 - COUNT(*) FILTER (reached >= ${step}) / COUNT(*) FILTER (reached >= ${step - 1}) END AS drop_off_rate FROM sessions GROUP BY session_date, signup`,
    )
    .join(' UNION ALL '),
  kpi_event_volume_by_type: `SELECT event_date::VARCHAR AS event_date, signup::VARCHAR AS signup_month, event AS event_type, COUNT(*) AS events FROM events GROUP BY ALL`,
  kpi_sessions_by_signup_cohort: `SELECT signup::VARCHAR AS signup_month, session_date::VARCHAR AS session_date, COUNT(*) AS sessions, COUNT(*) FILTER (has_purchase) AS sessions_with_purchase FROM sessions GROUP BY ALL`,
  kpi_top_products: `SELECT event_date::VARCHAR AS event_date, signup::VARCHAR AS signup_month, item::VARCHAR AS item_id, COUNT(*) AS transaction_lines, COUNT(*) FILTER (trx IS NOT NULL AND is_first) AS orders FROM ${SOLD} GROUP BY ALL`,
  kpi_top_products_named: `SELECT event_date::VARCHAR AS event_date, signup::VARCHAR AS signup_month, item::VARCHAR AS item_id, COUNT(*) AS transaction_lines, COUNT(*) FILTER (trx IS NOT NULL AND is_first) AS orders, NULL AS product_name FROM ${SOLD} GROUP BY ALL`,
  kpi_retention_by_week: `WITH seen AS (SELECT DISTINCT visitor, signup, date_trunc('week', event_date)::DATE AS week FROM events),
    cohorts AS (SELECT visitor, signup, MIN(week) AS cohort FROM seen GROUP BY ALL), newest AS (SELECT MAX(event_date) AS day FROM events),
    grid AS (SELECT visitor, signup, cohort, UNNEST(generate_series(cohort, day, INTERVAL 7 DAY))::DATE AS week, day FROM cohorts, newest)
    SELECT cohort::VARCHAR AS cohort_week, signup::VARCHAR AS signup_month, (week - cohort) // 7 AS weeks_since_first, COUNT(*) AS cohort_visitors, COUNT(seen.visitor) AS visitors,
    COUNT(seen.visitor) / COUNT(*) AS retention_rate, week + 7 <= day AS is_week_over FROM grid LEFT JOIN seen USING (visitor, signup, week) GROUP BY cohort, signup, week, day`,
  kpi_sessions_by_last_touch: `SELECT session_date::VARCHAR AS session_date, COALESCE(touch.source, '(not set)') AS traffic_source, COALESCE(touch.medium, '(not set)') AS traffic_medium, COALESCE(touch.campaign, '(not set)') AS campaign, COUNT(*) AS sessions, COUNT(*) FILTER (has_purchase) AS sessions_with_purchase, COUNT(*) FILTER (has_purchase) / COUNT(*) AS conversion_rate FROM sessions JOIN origins USING (visitor, session) GROUP BY ALL`,
  kpi_sessions_by_device: `SELECT session_date::VARCHAR AS session_date, COALESCE(origins.device, '(not set)') AS device, COUNT(*) AS sessions, COUNT(*) FILTER (has_purchase) AS sessions_with_purchase, COUNT(*) FILTER (has_purchase) / COUNT(*) AS conversion_rate FROM sessions JOIN origins USING (visitor, session) GROUP BY ALL`,
  event_type_lookup: `SELECT * FROM (VALUES ('view', 1), ('addtocart', 2), ('transaction', 3)) AS known (event_type, funnel_step) UNION SELECT event, NULL FROM events WHERE step NOT IN (0, 1, 3)`,
}
