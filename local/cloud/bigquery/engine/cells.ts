/**
 * Writes DuckDB values as BigQuery's REST cells (`{f: [{v}]}`); it refuses a value that does not fit its
 * column.
 */
import {
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBIntervalValue,
  DuckDBListValue,
  DuckDBStructValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBTimeValue,
  type DuckDBValue,
} from '@duckdb/node-api'
import { CloudError } from '../../kernel.ts'
import type { FieldSchema } from '../sql/types.ts'

export type TimestampFormat = 'FLOAT64' | 'INT64' | 'ISO8601_STRING'
export type Cell = { v: unknown }

export function writeRow(
  row: readonly DuckDBValue[],
  schema: readonly FieldSchema[],
  format: TimestampFormat,
): { f: Cell[] } {
  return { f: schema.map((field, index) => ({ v: writeValue(row[index] ?? null, field, format) })) }
}

function writeValue(value: DuckDBValue, field: FieldSchema, format: TimestampFormat): unknown {
  if (field.mode === 'REPEATED') {
    if (value === null) return []
    if (!(value instanceof DuckDBListValue)) throw unfit(field)
    return value.items.map((item) => ({ v: writeScalar(item, field, format) }))
  }
  return writeScalar(value, field, format)
}

function writeScalar(value: DuckDBValue, field: FieldSchema, format: TimestampFormat): unknown {
  if (value === null) return null
  if (value instanceof DuckDBStructValue) {
    const entries = Object.values(value.entries)
    return {
      f: (field.fields ?? []).map((inner, index) => ({
        v: writeValue(entries[index] ?? null, inner, format),
      })),
    }
  }
  if (value instanceof DuckDBTimestampTZValue) return writeTimestamp(value.micros, format)
  const text = writeText(value)
  if (text !== undefined) return text
  switch (typeof value) {
    case 'bigint':
      return value.toString()
    case 'number':
      return field.type === 'FLOAT' ? writeFloat(value) : String(value)
    case 'boolean':
      return String(value)
    case 'string':
      return value
    default:
      throw unfit(field)
  }
}

/** What is spelled the same in REST and in files; undefined for what is not. */
export function writeText(value: DuckDBValue): string | undefined {
  if (value instanceof DuckDBTimestampValue) return writeDatetime(value.micros)
  if (value instanceof DuckDBDateValue) return value.toString()
  if (value instanceof DuckDBTimeValue) return writeTime(value.micros)
  if (value instanceof DuckDBDecimalValue) return writeDecimal(value.toString())
  if (value instanceof DuckDBIntervalValue) return writeInterval(value)
  if (value instanceof DuckDBBlobValue) return Buffer.from(value.bytes).toString('base64')
  return undefined
}

/** `1-2 3 4:5:6.789`: the sign of months and of the clock stands before them. */
function writeInterval({ months, days, micros }: DuckDBIntervalValue): string {
  const [allMonths, allMicros] = [Math.abs(months), micros < 0n ? -micros : micros]
  const seconds = allMicros / 1_000_000n
  const clock = `${seconds / 3600n}:${(seconds / 60n) % 60n}:${seconds % 60n}${fraction(allMicros % 1_000_000n)}`
  return `${months < 0 ? '-' : ''}${Math.floor(allMonths / 12)}-${allMonths % 12} ${days} ${micros < 0n ? '-' : ''}${clock}`
}

const unfit = (field: FieldSchema): CloudError =>
  new CloudError(500, 'internalError', `A value of column ${field.name} cannot be written as ${field.type}.`)

/** As Java prints doubles, which is what the REST API shows. */
export function writeFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity'
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  const size = Math.abs(value)
  if (size >= 1e-3 && size < 1e7) return Number.isInteger(value) ? `${value}.0` : String(value)
  const [mantissa, exponent] = value.toExponential().split('e') as [string, string]
  return `${mantissa.includes('.') ? mantissa : `${mantissa}.0`}E${Number(exponent)}`
}

function writeDecimal(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text
}

/** Micros after the second, without trailing zeros, as BigQuery prints them (three or six digits). */
function fraction(micros: bigint): string {
  if (micros === 0n) return ''
  const digits = micros.toString().padStart(6, '0')
  return `.${digits.endsWith('000') ? digits.slice(0, 3) : digits}`
}

function floorSeconds(micros: bigint): [bigint, bigint] {
  const rest = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n
  return [(micros - rest) / 1_000_000n, rest]
}

export function writeDatetime(micros: bigint): string {
  const [seconds, rest] = floorSeconds(micros)
  return `${new Date(Number(seconds) * 1000).toISOString().slice(0, -5).replace(/^\+00/, '')}${fraction(rest)}`
}

function writeTime(micros: bigint): string {
  const [seconds, rest] = floorSeconds(micros)
  return `${new Date(Number(seconds) * 1000).toISOString().slice(11, 19)}${fraction(rest)}`
}

export function writeTimestamp(micros: bigint, format: TimestampFormat): string {
  if (format === 'INT64') return micros.toString()
  if (format === 'ISO8601_STRING') return `${writeDatetime(micros)}Z`
  if (micros === 0n) return '0.0'
  const sign = micros < 0n ? '-' : ''
  const digits = (micros < 0n ? -micros : micros).toString()
  const exponent = digits.length - 7
  const mantissa = digits.replace(/0+$/, '')
  const seconds = `${mantissa[0]}.${mantissa.slice(1) || '0'}`
  return exponent === 0 ? `${sign}${seconds}` : `${sign}${seconds}E${exponent}`
}
