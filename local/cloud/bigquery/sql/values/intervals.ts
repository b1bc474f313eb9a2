/**
 * INTERVAL values: months, days and microseconds, each with its own sign, as DuckDB keeps them; limits and text as
 * https://cloud.google.com/bigquery/docs/reference/standard-sql/data-types#interval_type says.
 */
import { invalid, type Position } from '../refusal.ts'
import { raised } from './raised.ts'
import { once } from './value.ts'

const LIMITS = { months: 120_000n, days: 3_660_000n, micros: 316_224_000_000_000_000n } as const
type Field = keyof typeof LIMITS
type Amounts = Readonly<Record<Field, bigint>>

const UNITS: Readonly<Record<string, readonly [field: Field, times: bigint]>> = {
  YEAR: ['months', 12n],
  QUARTER: ['months', 3n],
  MONTH: ['months', 1n],
  WEEK: ['days', 7n],
  DAY: ['days', 1n],
  HOUR: ['micros', 3_600_000_000n],
  MINUTE: ['micros', 60_000_000n],
  SECOND: ['micros', 1_000_000n],
  MILLISECOND: ['micros', 1000n],
  MICROSECOND: ['micros', 1n],
}
export const isIntervalUnit = (unit: string): boolean => Object.hasOwn(UNITS, unit)

const wide = (sql: string): string => `CAST(${sql} AS HUGEINT)`
const DAY = 86_400_000_000n

const MAKE: Readonly<Record<Field, (sql: string) => string>> = {
  months: (sql) => `to_months(CAST(${sql} AS INTEGER))`,
  days: (sql) => `to_days(CAST(${sql} AS INTEGER))`,
  micros: (sql) => `to_microseconds(CAST(${sql} AS BIGINT))`,
}

/** An interval of HUGEINT texts: a part that is too large is an error. */
export function intervalOf(parts: Readonly<Partial<Record<Field, string>>>): string {
  const given = (Object.keys(LIMITS) as Field[]).filter((field) => parts[field] !== undefined)
  return once(
    given.map((field) => parts[field]!),
    (texts) => {
      const tooLarge = given.map(
        (field, i) =>
          `WHEN abs(${texts[i]}) > ${LIMITS[field]} THEN ${raised(`concat('Interval field ${field} ', ${texts[i]}, ' is out of range -${LIMITS[field]} to ${LIMITS[field]}')`)}`,
      )
      const whole = given.map((field, i) => MAKE[field](texts[i]!)).join(' + ')
      return `CASE ${tooLarge.join(' ')} ELSE ${whole} END`
    },
  )
}

export function intervalOfUnit(amount: string, unit: string): string {
  const [field, times] = UNITS[unit]!
  return intervalOf({ [field]: `(${wide(amount)} * ${times})` })
}

export const monthsOf = (x: string): string => `(year(${x}) * 12 + month(${x}))`
export const daysOf = (x: string): string => `day(${x})`
export const microsOf = (x: string): string =>
  `(hour(${x}) * 3600000000 + minute(${x}) * 60000000 + microsecond(${x}))`

/** Part by part with the same part of another, or with a number. */
export const combined = (a: string, operator: '+' | '-', b: string): string =>
  once([a, b], ([x, y]) =>
    intervalOf({
      months: `${wide(monthsOf(x!))} ${operator} ${monthsOf(y!)}`,
      days: `${wide(daysOf(x!))} ${operator} ${daysOf(y!)}`,
      micros: `${wide(microsOf(x!))} ${operator} ${microsOf(y!)}`,
    }),
  )
export const multipliedInterval = (interval: string, by: string): string =>
  once([interval, by], ([x, n]) =>
    intervalOf({
      months: `${wide(monthsOf(x!))} * ${n}`,
      days: `${wide(daysOf(x!))} * ${n}`,
      micros: `${wide(microsOf(x!))} * ${n}`,
    }),
  )

/** Larger units from smaller ones: 30 days are a month, 24 hours a day. */
export function justified(interval: string, what: 'DAYS' | 'HOURS' | 'INTERVAL'): string {
  return once([interval], ([x]) => {
    if (what === 'DAYS')
      return once([`${wide(monthsOf(x!))} * 30 + ${daysOf(x!)}`], ([days]) =>
        intervalOf({ months: `${days} // 30`, days: `${days} % 30`, micros: wide(microsOf(x!)) }),
      )
    if (what === 'HOURS')
      return once([`${wide(daysOf(x!))} * ${DAY} + ${microsOf(x!)}`], ([micros]) =>
        intervalOf({
          months: wide(monthsOf(x!)),
          days: `${micros} // ${DAY}`,
          micros: `${micros} % ${DAY}`,
        }),
      )
    return once([`(${wide(monthsOf(x!))} * 30 + ${daysOf(x!)}) * ${DAY} + ${microsOf(x!)}`], ([micros]) =>
      intervalOf({
        months: `${micros} // ${30n * DAY}`,
        days: `${micros} // ${DAY} % 30`,
        micros: `${micros} % ${DAY}`,
      }),
    )
  })
}

/** Of two numbers of microseconds: whole days and the rest of both have one sign. */
export const daysAndRest = (micros: string): string =>
  once([wide(micros)], ([all]) => intervalOf({ days: `${all} // ${DAY}`, micros: `${all} % ${DAY}` }))

/** `1-2 3 4:5:6.789`: the sign of months and of the clock stands before them. */
export const intervalText = (interval: string): string =>
  once([interval], ([x]) => {
    const sign = (sql: string): string => `CASE WHEN ${sql} < 0 THEN '-' ELSE '' END`
    const micros = `(abs(microsecond(${x})) % 1000000)`
    const fraction = `CASE WHEN ${micros} = 0 THEN '' WHEN ${micros} % 1000 = 0 THEN '.' || lpad(CAST(${micros} // 1000 AS VARCHAR), 3, '0') ELSE '.' || lpad(CAST(${micros} AS VARCHAR), 6, '0') END`
    const text = `concat(${sign(monthsOf(x!))}, abs(year(${x})), '-', abs(month(${x})), ' ', day(${x}), ' ', ${sign(microsOf(x!))}, abs(hour(${x})), ':', abs(minute(${x})), ':', abs(second(${x})), ${fraction})`
    return `CASE WHEN ${x} IS NOT NULL THEN ${text} END`
  })

export const EXTRACTED: Readonly<Record<string, (x: string) => string>> = {
  YEAR: (x) => `year(${x})`,
  MONTH: (x) => `month(${x})`,
  DAY: daysOf,
  HOUR: (x) => `hour(${x})`,
  MINUTE: (x) => `minute(${x})`,
  SECOND: (x) => `second(${x})`,
  MILLISECOND: (x) => `(microsecond(${x}) % 1000000 // 1000)`,
  MICROSECOND: (x) => `(microsecond(${x}) % 1000000)`,
}

const CALENDAR = ['YEAR', 'MONTH', 'DAY']
const CLOCK = ['HOUR', 'MINUTE', 'SECOND']
const ORDER = [...CALENDAR, ...CLOCK]

/** `'1-2 3 4:5:6' YEAR TO SECOND`. */
export function intervalLiteral(text: string, range: string, at: Position): string {
  const [from, to] = range.split(' TO ').map((unit) => ORDER.indexOf(unit))
  const bad = invalid(`Invalid INTERVAL value '${text}'`, at)
  if (from === undefined || to === undefined || from < 0 || to <= from)
    throw invalid(`Invalid interval literal: ${range}`, at)
  const parts = ORDER.slice(from, to + 1)
  const join = (units: readonly string[], between: string): string =>
    units
      .map((unit) =>
        unit === 'SECOND' ? String.raw`(?<SECOND>\d+(?:\.\d{1,6})?)` : String.raw`(?<${unit}>\d+)`,
      )
      .join(between)
  const group = (units: readonly string[], between: string, name: string): string[] => {
    const present = units.filter((unit) => parts.includes(unit))
    return present.length > 0 ? [`(?<${name}>[+-]?)${join(present, between)}`] : []
  }
  const pattern = [
    ...group(['YEAR', 'MONTH'], '-', 'months'),
    ...group(['DAY'], '', 'days'),
    ...group(CLOCK, ':', 'micros'),
  ].join(' ')
  const found = new RegExp(`^${pattern}$`).exec(text)?.groups
  if (!found) throw bad
  const amounts: Record<Field, bigint> = { months: 0n, days: 0n, micros: 0n }
  for (const unit of parts) {
    const [field, times] = UNITS[unit]!
    const [whole, fraction = ''] = found[unit]!.split('.')
    const amount = BigInt(whole!) * times + (fraction === '' ? 0n : BigInt(fraction.padEnd(6, '0')))
    amounts[field] += found[field] === '-' ? -amount : amount
  }
  return literalOf(amounts, at)
}

function literalOf(amounts: Amounts, at: Position): string {
  for (const field of Object.keys(LIMITS) as Field[])
    if (amounts[field] > LIMITS[field] || amounts[field] < -LIMITS[field])
      throw invalid(
        `Interval field ${field} ${amounts[field]} is out of range -${LIMITS[field]} to ${LIMITS[field]}`,
        at,
      )
  const { months, days, micros } = amounts
  return `(to_months(CAST(${months} AS INTEGER)) + to_days(CAST(${days} AS INTEGER)) + to_microseconds(CAST(${micros} AS BIGINT)))`
}
