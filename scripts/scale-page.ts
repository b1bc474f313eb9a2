/**
 * Writes the tables of docs/scale.md from docs/scale.json, which `npm run bench -- scale-spark scale-bigquery` measures: a billion events a
 * day by the slope, at list prices with their date. It refuses to measure or to guess.
 */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { Warehouse } from './bench-warehouse.ts'

/** Days that are there before the new one, each time. */
export const HISTORIES = [10, 100] as const

export interface SparkDay {
  readonly rows: number
  /** Without the starts. */
  readonly oneCoreSeconds: number
  readonly twoCoresSeconds: number
  readonly taskSeconds: number
  readonly largestTaskBytes: number
  readonly shuffleBytes: number
  readonly bytes: Readonly<Record<'raw' | 'clean' | 'sessionized', number>>
}
/** What one machine did on a day on which it had nothing else to do, or by its load had. */
export interface SparkRun {
  readonly date: string
  readonly machine: { readonly cores: number; readonly model: string; readonly memoryGiB: number }
  /** Of the minute before, by the system: what else ran. */
  readonly load: number
  readonly startSeconds: number
  readonly days: readonly SparkDay[]
}
export interface Scale {
  readonly warehouse: Warehouse
  /** Absent until a run. */
  readonly spark?: SparkRun
}

/** Serverless for Spark in us-central1, standard tier; a test holds them against those of submit-spark. */
export const SPARK_PRICES = {
  region: 'us-central1',
  readOn: '2026-09-28',
  usdPerDcuHour: 0.06,
  usdPerShuffleGbMonth: 0.04,
}
const HOURS_OF_MONTH = 730
const EVENTS = 1e9
const YEAR = 365
/** Of Serverless for Spark when nothing is set: https://cloud.google.com/dataproc-serverless/docs/concepts/properties */
const EXECUTOR = { cores: 4, dcu: 4, shuffleGb: 400 * 1.073741824 }
/** At most: groups of a day (items, pages, sources) against those of the shop that was measured. */
const MORE_GROUPS = 1000
/** https://cloud.google.com/bigquery/pricing, by copies of the list of June 2026, read on 2026-11-30. */
const USD_PER_TIB = 6.25
const LEAST_BYTES = 10 * 2 ** 20
const OPENINGS = 1000
const NOT_MEASURED = '| not measured yet |\n| --- |'

const number = (value: number, digits = 0): string =>
  value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
const usd = (value: number): string => `$${number(value, value < 100 ? 2 : 0)}`
function bytes(value: number): string {
  const unit = Math.min(4, Math.max(0, Math.floor(Math.log10(Math.max(1, value)) / 3)))
  const scaled = value / 1000 ** unit
  return `${number(scaled, unit > 0 && scaled < 100 ? 1 : 0)} ${['B', 'kB', 'MB', 'GB', 'TB'][unit]}`
}
const queryUsd = (read: number): number => (read / 2 ** 40) * USD_PER_TIB

type Table = (heads: readonly string[], rows: readonly (readonly string[])[]) => string

export function scalePage(
  root: string,
  table: Table,
  between: (document: string, marker: string, body: string, file: string) => string,
): { file: string; text: string } {
  const file = 'docs/scale.md'
  const scale = JSON.parse(readFileSync(path.join(root, 'docs/scale.json'), 'utf8')) as Scale
  const sections = {
    measured: scale.spark ? measured(scale.spark, table) : NOT_MEASURED,
    spark: scale.spark ? spark(scale.spark, table) : NOT_MEASURED,
    day: day(scale.warehouse, table),
    views: views(scale.warehouse, table),
  }
  return {
    file,
    text: Object.entries(sections).reduce(
      (text, [marker, body]) => between(text, marker, body, file),
      readFileSync(path.join(root, file), 'utf8'),
    ),
  }
}

function measured({ date, machine, load, startSeconds, days }: SparkRun, table: Table): string {
  const rows = days.map((one) => [
    number(one.rows),
    `${number(one.oneCoreSeconds, 1)} s`,
    `${number(one.twoCoresSeconds, 1)} s`,
    number(one.oneCoreSeconds / one.twoCoresSeconds, 2),
    `${number(one.taskSeconds, 1)} s`,
    bytes(one.largestTaskBytes),
    bytes(one.shuffleBytes),
  ])
  return [
    table(
      ['events of one day', 'one core', 'two cores', 'times', 'in tasks', 'largest task reads', 'shuffled'],
      rows,
    ),
    '',
    table(
      ['run on', 'machine', 'load before', 'starts of both jobs'],
      [
        [
          date,
          `${machine.cores} × ${machine.model}, ${machine.memoryGiB} GiB`,
          number(load, 1),
          `${number(startSeconds, 1)} s`,
        ],
      ],
    ),
  ].join('\n')
}

/** Of the largest day against the smallest: what does not grow falls out. */
export function slope(days: readonly SparkDay[]): { coreSecondsPerEvent: number; last: SparkDay } {
  const [first, last] = [days[0]!, days.at(-1)!]
  return {
    coreSecondsPerEvent: (2 * (last.twoCoresSeconds - first.twoCoresSeconds)) / (last.rows - first.rows),
    last,
  }
}

function spark({ days }: SparkRun, table: Table): string {
  const { coreSecondsPerEvent, last } = slope(days)
  const { region, readOn, usdPerDcuHour, usdPerShuffleGbMonth } = SPARK_PRICES
  const coreHours = (coreSecondsPerEvent * EVENTS) / 3600
  const executors = Math.ceil(coreHours / EXECUTOR.cores)
  const machines = executors + 1
  const hours = coreHours / (executors * EXECUTOR.cores)
  const dcuHours = machines * EXECUTOR.dcu * hours
  const shuffleGbHours = machines * EXECUTOR.shuffleGb * hours
  const dollars = dcuHours * usdPerDcuHour + shuffleGbHours * (usdPerShuffleGbMonth / HOURS_OF_MONTH)
  const per = (part: keyof SparkDay['bytes']): string => bytes((last.bytes[part] / last.rows) * EVENTS)
  return table(
    ['10^9 events', ''],
    [
      ['slope, both cores paid', `${number(coreSecondsPerEvent * 1e6, 1)} core-seconds a million events`],
      ['work', `${number(coreHours)} core-hours`],
      [
        'cluster that needs an hour',
        `${number(executors)} executors of ${EXECUTOR.cores} vCPU and 16 GB, and a driver`,
      ],
      ['DCU-hours', `${number(dcuHours)} at $${usdPerDcuHour} (${region}, read ${readOn})`],
      [
        'shuffle storage',
        `${number(shuffleGbHours)} GB-hours at $${usdPerShuffleGbMonth} a GB-month; ${bytes((last.shuffleBytes / last.rows) * EVENTS)} are used`,
      ],
      ['dollars a day', `**${usd(dollars)}**`],
      ['not in it', 'a bucket instead of a disk, executors that start, another core than this one'],
      ['files', `raw ${per('raw')} (CSV), clean ${per('clean')}, sessionized ${per('sessionized')}`],
    ],
  )
}

/** Bytes per event of the day, and per event that was there before. */
export function bytesOfDay({ newDays }: Warehouse): { perNew: number; perOld: number } {
  const [one, two] = [newDays[0]!, newDays[1]!]
  const perOld = Math.max(
    0,
    (two.bytes * one.events - one.bytes * two.events) /
      (two.eventsBefore * one.events - one.eventsBefore * two.events),
  )
  return { perNew: (two.bytes - perOld * two.eventsBefore) / two.events, perOld }
}

function day(warehouse: Warehouse, table: Table): string {
  const { perNew, perOld } = bytesOfDay(warehouse)
  const rows = warehouse.newDays.map(({ events, eventsBefore, bytes: read }) => [
    `measured: ${number(events)} events after ${number(eventsBefore)}`,
    bytes(read),
    usd(queryUsd(read)),
  ])
  const row = (what: string, read: number): string[] => [what, bytes(read), `**${usd(queryUsd(read))}**`]
  return table(
    ['a new day', 'bytes', `at $${USD_PER_TIB} a TiB (list of June 2026, read 2026-11-30 in copies)`],
    [
      ...rows,
      row(`10^9 events, ${number(perNew)} B each`, perNew * EVENTS),
      row(`and ${number(perOld, 1)} B for each event there before: after a year`, perOld * EVENTS * YEAR),
    ],
  )
}

function views(warehouse: Warehouse, table: Table): string {
  const { tables, events, days } = warehouse
  /** Of a year with so many events a day. */
  const yearly = (name: string, read: number, eventsADay: number): number => {
    const times = (eventsADay * days) / events
    return (read / days) * YEAR * (tables[name]!.growsWithEvents ? times : Math.min(times, MORE_GROUPS))
  }
  const billed = (reads: Readonly<Record<string, number>>, eventsADay: number): number =>
    Object.entries(reads).reduce(
      (sum, [name, read]) => sum + Math.max(LEAST_BYTES, yearly(name, read, eventsADay)),
      0,
    )
  const rows = Object.entries(warehouse.views).map(([view, reads]) => ({
    view,
    reads: Object.keys(reads),
    small: billed(reads, EVENTS / 1000),
    large: billed(reads, EVENTS),
  }))
  const sum = (part: 'small' | 'large'): number => rows.reduce((total, row) => total + row[part], 0)
  const line = (name: string, reads: string, small: number, large: number): string[] => [
    name,
    reads,
    bytes(small),
    usd(queryUsd(small) * OPENINGS),
    bytes(large),
    usd(queryUsd(large) * OPENINGS),
  ]
  return table(
    [
      'view, a year of it',
      'reads',
      'once, 10^6 a day',
      'thousand times',
      'once, 10^9 a day',
      'thousand times',
    ],
    [
      ...rows
        .sort((a, b) => b.large - a.large || (a.view < b.view ? -1 : 1))
        .map(({ view, reads, small, large }) =>
          line(`\`${view}\``, reads.map((name) => `\`${name}\``).join(', '), small, large),
        ),
      line('**all**', '', sum('small'), sum('large')),
    ],
  )
}
