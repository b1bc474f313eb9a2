/**
 * Corruptions as the gate meets them, each planted into a green staged build by SQL alone, and what must be
 * said of it; the deep test delivers them as files.
 */
import { readRows } from './warehouse.ts'
import { endless, type DbtStory } from './story.ts'

const DAY = "event_date = DATE '2015-06-02'"
const events = 'caec_analytics.fct_events__staged'
const sessions = 'caec_analytics.fct_sessions__staged'
const counts = 'caec_raw.file_counts'
const refused = (reason: string, day = '2015-06-02'): string =>
  `INSERT INTO ${counts} VALUES ('gs://raw/planted.csv', DATE '${day}', 'rejected', '${reason}', 60)`

/** Thresholds for a shop with a handful of events. */
export const smallShop =
  '{expected_day: 2015-06-02, gate: {missing_days: {from_rows: 1}, known_items: {from_rows: 1}, volume: {from_rows: 1}, late_rows: {from_rows: 1}, repeated_file: {from_rows: 1}}}'

export const planted: readonly {
  readonly name: string
  readonly sql: readonly string[]
  readonly red?: readonly string[]
  readonly alarm?: readonly string[]
}[] = [
  { name: 'nothing', sql: [] },
  {
    name: 'a file delivered twice under another name',
    sql: [`INSERT INTO ${counts} VALUES ('gs://raw/copy.csv', DATE '2015-06-02', 'duplicates', '', 3)`],
    alarm: ['repeated_file'],
  },
  {
    name: 'a truncated gzip',
    sql: [`INSERT INTO caec_raw.quarantined_files VALUES ('gs://raw/a.csv.gz', '{"file_unreadable": 1}')`],
    alarm: ['quarantined_files'],
  },
  {
    name: 'a robot',
    sql: [`INSERT INTO ${counts} VALUES ('gs://raw/a.csv', DATE '2015-06-02', 'quarantined', '', 7)`],
    alarm: ['quarantined_rows'],
  },
  {
    name: 'swapped visitor and item columns',
    sql: [`UPDATE ${events} SET item_id = CONCAT('9', visitor_id, '7') WHERE ${DAY}`],
    red: ['known_items'],
  },
  {
    name: 'seconds instead of milliseconds',
    sql: [refused('timestamp_before_2000', '1970-01-01')],
    alarm: ['rejected_rows', 'rejected_times'],
  },
  { name: 'an unknown event', sql: [refused('event_unknown')], alarm: ['rejected_rows', 'unknown_events'] },
  { name: 'an empty id', sql: [refused('visitorid_not_digits')], alarm: ['rejected_ids', 'rejected_rows'] },
  {
    name: 'a purchase that its source refuses',
    sql: [refused('transactionid_missing')],
    alarm: ['rejected_orders', 'rejected_rows'],
  },
  {
    name: 'a purchase without order',
    sql: [`UPDATE ${events} SET event_type = 'transaction' WHERE ${DAY} AND visitor_id = '60'`],
    red: ['order_totals', 'purchases_without_order'],
  },
  {
    name: 'a purchase without order, which its source allows',
    sql: [
      `UPDATE ${events} SET event_type = 'transaction' WHERE ${DAY} AND visitor_id = '60'`,
      `UPDATE ${counts} SET row_count = row_count - 1 WHERE ${DAY} AND outcome = 'clean'`,
      `INSERT INTO ${counts} VALUES ('gs://raw/2015-06-02.csv', DATE '2015-06-02', 'clean', 'without_order', 1)`,
    ],
    red: ['order_totals'],
  },
  {
    name: 'a file that a published build named as it is',
    sql: [
      refused('event_unknown').replace('planted.csv', 'known.csv'),
      ...['rejected_rows', 'unknown_events'].map(
        (check) =>
          `INSERT INTO caec_raw.quality_results (run_id, judged_at, published_at, check_name, detail) VALUES ('told', TIMESTAMP '2015-06-03 00:00:00 UTC', TIMESTAMP '2015-06-03 00:00:00 UTC', '${check}', 'gs://raw/known.csv: 60 of 60 rows (event_unknown)')`,
      ),
    ],
  },
  {
    name: 'a visitor that half of a file does not name, as its source expects',
    sql: [refused('expected_visitorid_missing')],
  },
  {
    name: 'a negative id',
    sql: [refused('itemid_not_digits')],
    alarm: ['rejected_ids', 'rejected_rows'],
  },
  {
    name: 'an id of blanks that no source refused',
    sql: [`UPDATE ${events} SET item_id = ' ' WHERE ${DAY} AND visitor_id = '60'`],
    red: ['wrong_ids'],
  },
  {
    name: 'future dates',
    sql: [refused('timestamp_in_future', '1970-01-01')],
    alarm: ['future_rows', 'rejected_rows'],
  },
  {
    name: 'an event in the future',
    sql: [
      `UPDATE ${events} SET event_ts = TIMESTAMP '2300-01-01 00:00:00 UTC' WHERE ${DAY} AND visitor_id = '60'`,
    ],
    red: ['future_events'],
  },
  {
    name: 'a missing day',
    sql: [`DELETE FROM caec_raw.loaded_days WHERE event_date = DATE '2015-06-01'`],
    red: ['missing_days'],
  },
  {
    name: 'the last published day in no load any more',
    sql: [`DELETE FROM caec_raw.loaded_days WHERE ${DAY}`],
    red: ['missing_days'],
    alarm: ['days_behind'],
  },
  {
    name: 'the last published day loaded without events',
    sql: [`DELETE FROM ${counts} WHERE ${DAY}`, `DELETE FROM caec_raw.sessionized_events WHERE ${DAY}`],
    red: ['missing_days', 'modelled_rows'],
    alarm: ['days_behind'],
  },
  {
    name: 'the first published days in no load any more',
    sql: [`DELETE FROM caec_raw.loaded_days WHERE event_date < DATE '2015-06-01'`],
    red: ['missing_days'],
  },
  {
    name: 'a partition loaded twice',
    sql: [
      `INSERT INTO caec_raw.sessionized_events SELECT * FROM caec_raw.sessionized_events WHERE ${DAY}`,
      `INSERT INTO ${events} SELECT * FROM ${events} WHERE ${DAY}`,
    ],
    red: ['loaded_rows', 'repeated_events', 'session_rows'],
  },
  {
    name: 'events that no model took',
    sql: [`DELETE FROM ${events} WHERE ${DAY} AND visitor_id = '60'`],
    red: ['modelled_rows', 'session_gaps', 'session_rows'],
  },
  {
    name: 'a session that goes on beyond its age',
    sql: [
      `UPDATE ${events} SET session_id = '${endless.id}', session_start_ts = TIMESTAMP_MILLIS(${endless.start}) WHERE visitor_id = '${endless.visitor}'`,
      `DELETE FROM ${sessions} WHERE visitor_id = '${endless.visitor}' AND session_id != '${endless.id}'`,
    ],
    red: ['session_gaps', 'session_rows'],
  },
  {
    name: 'a null',
    sql: [`UPDATE ${events} SET event_type = NULL WHERE ${DAY} AND visitor_id = '60'`],
    red: ['missing_values'],
  },
  {
    name: 'an event of no item, an id with a minus, an order named by what is no purchase',
    sql: [
      `UPDATE ${events} SET item_id = NULL WHERE ${DAY} AND visitor_id = '60'`,
      `UPDATE ${events} SET event_type = 'refund', transaction_id = '-4' WHERE ${DAY} AND visitor_id = '60'`,
    ],
  },
  {
    name: 'a day of a tenth of the usual events',
    sql: [
      `DELETE FROM caec_analytics.fct_events WHERE ${DAY}`,
      ...[1, 2, 3].map(
        (weeks) =>
          `INSERT INTO caec_analytics.fct_events SELECT * REPLACE (DATE_SUB(DATE '2015-06-02', INTERVAL ${weeks * 7} DAY) AS event_date) FROM caec_analytics.fct_events WHERE event_date = DATE '2015-05-30'`,
      ),
    ],
    red: ['volume'],
  },
  {
    name: 'files that were not taken, and rows that came late',
    sql: [
      `INSERT INTO ${counts} VALUES ('gs://raw/new.csv', NULL, 'unprocessed', '', 1)`,
      `INSERT INTO ${counts} VALUES ('gs://raw/2015-06-02.csv', DATE '2015-06-02', 'late', '', 2)`,
    ],
    alarm: ['late_rows', 'unprocessed_files'],
  },
]

const TOGETHER = [
  'a file delivered twice under another name',
  'a truncated gzip',
  'a robot',
  'swapped visitor and item columns',
  'seconds instead of milliseconds',
  'an unknown event',
  'an empty id',
  'a purchase that its source refuses',
  'a visitor that half of a file does not name, as its source expects',
  'a negative id',
  'an id of blanks that no source refused',
  'future dates',
  'a missing day',
  'files that were not taken, and rows that came late',
]
/** Those that hide none of each other, planted at once. */
export function plantedTogether(): { sql: string[]; red: string[]; alarm: string[] } {
  const chosen = planted.filter(({ name }) => TOGETHER.includes(name))
  const union = (key: 'red' | 'alarm'): string[] => [
    ...new Set(chosen.flatMap((one) => one[key] ?? []).sort()),
  ]
  return { sql: chosen.flatMap(({ sql }) => sql), red: union('red'), alarm: union('alarm') }
}

const tables = [
  'caec_analytics.fct_events',
  'caec_analytics.fct_events__staged',
  'caec_analytics.fct_sessions__staged',
  'caec_raw.file_counts',
  'caec_raw.loaded_days',
  'caec_raw.quarantined_files',
  'caec_raw.sessionized_events',
]
const copyOf = (table: string): string => `caec_analytics.kept_${table.replace('.', '_')}`

/** Keeps what is there, and calls every day unpublished so that all of them are judged. */
export async function keep(story: DbtStory): Promise<void> {
  for (const table of tables)
    await readRows(story.test, `CREATE OR REPLACE TABLE ${copyOf(table)} COPY ${table}`)
  await readRows(story.test, `UPDATE caec_analytics.published_days SET loaded_by = 'another' WHERE TRUE`)
}

export async function judge(story: DbtStory, sql: readonly string[], vars: string) {
  for (const statement of sql) await readRows(story.test, statement)
  const outcome = await story.dbt.run(
    'run-operation',
    'judge',
    '--args',
    '{not_green: [], is_modelled: true}',
    '--vars',
    vars,
  )
  const changed = tables.filter((table) => sql.some((statement) => statement.includes(table)))
  for (const table of changed) {
    await readRows(story.test, `DELETE FROM ${table} WHERE TRUE`)
    await readRows(story.test, `INSERT INTO ${table} SELECT * FROM ${copyOf(table)}`)
  }
  const found = await readRows(
    story.test,
    'SELECT check_name, verdict, value, detail FROM caec_raw.quality_last_run',
  )
  const named = (verdict: string): string[] => [
    ...new Set(found.filter((row) => row.verdict === verdict).map((row) => String(row.check_name))),
  ]
  const details = Object.fromEntries(found.map((row) => [String(row.check_name), row.detail]))
  return { outcome, red: named('red'), alarm: named('alarm'), green: named('green'), details }
}
