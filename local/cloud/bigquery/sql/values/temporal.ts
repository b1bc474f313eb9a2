/**
 * Date and time text: validates literals as BigQuery does and gives the DuckDB forms of conversion, all
 * independent of the session's time zone.
 */
import { invalid, type Position } from '../refusal.ts'
import { raised } from './raised.ts'
import { isLong, once, quoteText } from './value.ts'

const CLOCK = String.raw`(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d{1,6}))?`
export const DATE_PATTERN = String.raw`\d{4}-\d{1,2}-\d{1,2}`
export const TIME_PATTERN = String.raw`\d{1,2}:\d{1,2}:\d{1,2}(\.\d{1,6})?`
export const DATETIME_PATTERN = String.raw`${DATE_PATTERN}([ Tt]${TIME_PATTERN})?`
export const OFFSET_PATTERN = String.raw`( ?[+-]\d{1,2}(:\d{2})?|[Zz])`
export const ZONE_PATTERN = String.raw` [A-Za-z][A-Za-z_]*(/[A-Za-z_+-][A-Za-z0-9_+-]*)*`

function dateText(
  year: string,
  month: string,
  day: string,
  text: string,
  type: string,
  at?: Position,
): string {
  const date = new Date(Date.UTC(2000, Number(month) - 1, Number(day)))
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  if (Number(year) < 1 || date.getUTCMonth() !== Number(month) - 1 || date.getUTCDate() !== Number(day))
    throw bad(text, type, at)
  return `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`
}

function clockText(match: (string | undefined)[], text: string, type: string, at?: Position): string {
  const [hour = '0', minute = '0', second = '0', fraction = ''] = match
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) throw bad(text, type, at)
  return `${hour.padStart(2, '0')}:${minute.padStart(2, '0')}:${second.padStart(2, '0')}.${fraction.padEnd(6, '0')}`
}

const bad = (text: string, type: string, at?: Position) =>
  invalid(`Invalid ${type} literal: ${JSON.stringify(text)}`, at)

export function dateLiteral(text: string, at?: Position): string {
  const match = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(text)
  if (!match) throw bad(text, 'DATE', at)
  return `DATE '${dateText(match[1]!, match[2]!, match[3]!, text, 'DATE', at)}'`
}

export function timeLiteral(text: string, at?: Position): string {
  const match = new RegExp(`^${CLOCK}$`).exec(text)
  if (!match) throw bad(text, 'TIME', at)
  return `TIME '${clockText(match.slice(1), text, 'TIME', at)}'`
}

export function datetimeLiteral(text: string, at?: Position, type = 'DATETIME'): string {
  const match = new RegExp(`^(\\d{4})-(\\d{1,2})-(\\d{1,2})(?:[ Tt]${CLOCK})?$`).exec(text)
  if (!match) throw bad(text, type, at)
  return `TIMESTAMP '${dateText(match[1]!, match[2]!, match[3]!, text, type, at)} ${clockText(match.slice(4), text, type, at)}'`
}

export function timestampLiteral(text: string, at?: Position): string {
  const offset = new RegExp(`^(.*?)(?: ?([+-])(\\d{1,2})(?::(\\d{2}))?|([Zz]))$`).exec(text)
  if (offset && /\d{4}-\d{1,2}-\d{1,2}/.test(offset[1]!)) {
    const minutes = offset[5]
      ? 0
      : (offset[2] === '-' ? -1 : 1) * (Number(offset[3]) * 60 + Number(offset[4] ?? 0))
    return `(${utcTimestamp(datetimeLiteral(offset[1]!, at, 'TIMESTAMP'))} - to_minutes(${minutes}))`
  }
  const zone = new RegExp(`^(.*?)(${ZONE_PATTERN})$`).exec(text)
  if (zone && zone[2]!.trim().toUpperCase() !== 'UTC')
    return timestampIn(datetimeLiteral(zone[1]!, at, 'TIMESTAMP'), zoneText(zone[2]!.trim(), at))
  return utcTimestamp(datetimeLiteral(zone ? zone[1]! : text, at, 'TIMESTAMP'))
}

/** DuckDB text of a time zone as BigQuery takes it: a tz database name, or an offset such as +05:30, which DuckDB knows as no zone. */
export function zoneText(name: string, at?: Position): string | undefined {
  const offset = /^([+-])(\d{1,2})(?::(\d{2}))?$/.exec(name)
  const minutes = offset ? Number(offset[2]) * 60 + Number(offset[3] ?? 0) : 0
  if (offset && minutes <= 14 * 60 && Number(offset[3] ?? 0) < 60)
    return minutes === 0 ? undefined : `${OFFSET}${offset[1] === '-' ? '-' : ''}${minutes})`
  const known = (() => {
    try {
      return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== undefined
    } catch {
      return false
    }
  })()
  if (!known || /^[+-]/.test(name)) throw invalid(`Invalid time zone: ${name}`, at)
  return ['UTC', 'ETC/UTC'].includes(name.toUpperCase()) ? undefined : quoteText(name)
}
const OFFSET = 'to_minutes('

/**
 * DATETIME (read as UTC) to TIMESTAMP, and back: microseconds only, so neither the session's zone nor a
 * calendar is asked.
 */
export const utcTimestamp = (datetime: string): string => `make_timestamptz(epoch_us(${datetime}))`
export const utcDatetime = (timestamp: string): string => `make_timestamp(epoch_us(${timestamp}))`

type Moment = 'DATE' | 'DATETIME' | 'TIMESTAMP'
const CALENDAR: Readonly<Record<Moment, string>> = {
  DATE: "DATE '0001-01-01' AND DATE '9999-12-31'",
  DATETIME: "TIMESTAMP '0001-01-01 00:00:00' AND TIMESTAMP '9999-12-31 23:59:59.999999'",
  TIMESTAMP: 'make_timestamptz(-62135596800000000) AND make_timestamptz(253402300799999999)',
}
/** BigQuery has no moment before 0001-01-01 or after 9999-12-31. */
export const withinCalendar = (sql: string, type: Moment, isSafe = false): string => {
  const failed = isSafe ? '' : ` WHEN ${sql} IS NOT NULL THEN ${raised(`'${type} overflow'`)}`
  return isLong(sql)
    ? once(
        [sql],
        ([x]) => `CASE WHEN ${x} BETWEEN ${CALENDAR[type]} THEN ${x}${failed.replaceAll(sql, x!)} END`,
      )
    : `CASE WHEN ${sql} BETWEEN ${CALENDAR[type]} THEN ${sql}${failed} END`
}

/** `zone` is text of `zoneText`; absent means UTC. */
export function datetimeIn(timestamp: string, zone?: string, isSafe = false): string {
  if (!zone) return utcDatetime(timestamp)
  const sql = zone.startsWith(OFFSET)
    ? `(${utcDatetime(timestamp)} + ${zone})`
    : `timezone(${zone}, ${timestamp})`
  return withinCalendar(sql, 'DATETIME', isSafe)
}
export function timestampIn(datetime: string, zone?: string): string {
  if (!zone) return utcTimestamp(datetime)
  return zone.startsWith(OFFSET) ? utcTimestamp(`(${datetime} - ${zone})`) : firstOfBoth(datetime, zone)
}

/**
 * A clock set back shows a time twice: BigQuery means the first, DuckDB the second. Clocks are set back by an
 * hour, on Lord Howe Island by half an hour.
 */
export const firstOfBoth = (datetime: string, zone: string): string =>
  once([datetime, zone], ([wall, place]) =>
    once([`timezone(${place}, ${wall})`], ([last]) => {
      const earlier = (minutes: number): string => `${last} - to_minutes(${minutes})`
      return `CASE ${[60, 30].map((minutes) => `WHEN timezone(${place}, ${earlier(minutes)}) = ${wall} THEN ${earlier(minutes)}`).join(' ')} ELSE ${last} END`
    }),
  )

/** `+05:30` of microseconds; whole hours alone are `+05` where that is wanted. */
export const offsetText = (micros: string, separator: string, isShort = false): string => {
  const minutes = `(abs(${micros}) // 60000000)`
  const rest = `'${separator}' || lpad(CAST(${minutes} % 60 AS VARCHAR), 2, '0')`
  return `((CASE WHEN ${micros} < 0 THEN '-' ELSE '+' END) || lpad(CAST(${minutes} // 60 AS VARCHAR), 2, '0') || ${isShort ? `(CASE WHEN ${minutes} % 60 = 0 THEN '' ELSE ${rest} END)` : rest})`
}

/**
 * BigQuery prints no, three or six digits of the second's fraction. strftime stays outside CASE: inside a
 * lambda's second branch DuckDB no longer sees its format as a constant.
 */
export const datetimeText = (datetime: string): string => {
  const micros = `microsecond(${datetime}) % 1000000`
  return `(strftime(${datetime}, '%Y-%m-%d %H:%M:%S') || CASE WHEN ${micros} = 0 THEN '' WHEN ${micros} % 1000 = 0 THEN '.' || lpad(CAST(${micros} // 1000 AS VARCHAR), 3, '0') ELSE '.' || lpad(CAST(${micros} AS VARCHAR), 6, '0') END)`
}
