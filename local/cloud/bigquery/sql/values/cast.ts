/** CAST and SAFE_CAST between types, https://cloud.google.com/bigquery/docs/reference/standard-sql/conversion_rules. What DuckDB reads more generously is guarded. */
import { createHash } from 'node:crypto'
import { invalid, unsupported, type Position } from '../refusal.ts'
import { duckdbType, isNullType, isScalar, sameType, typeName, type GType } from './gtype.ts'
import {
  DATE_PATTERN,
  DATETIME_PATTERN,
  datetimeText,
  firstOfBoth,
  OFFSET_PATTERN,
  TIME_PATTERN,
  utcDatetime,
  utcTimestamp,
  ZONE_PATTERN,
} from './temporal.ts'
import { intervalText } from './intervals.ts'
import { raised } from './raised.ts'
import { once, quoteText, type Value } from './value.ts'

interface How {
  readonly isSafe: boolean
  readonly at?: Position
}
type Rule = (sql: string, how: How) => string

const native =
  (type: string): Rule =>
  (sql, how) =>
    `${how.isSafe ? 'TRY_CAST' : 'CAST'}(${sql} AS ${type})`

/** Text is cast only when it matches the whole pattern; else BigQuery's error, or NULL when safe. */
const guarded =
  (pattern: string, type: string, word: string, cast: (x: string) => string): Rule =>
  (sql, how) =>
    once([sql], ([x]) =>
      how.isSafe
        ? `CASE WHEN regexp_full_match(${x}, ${quoteText(pattern)}) THEN ${tried(cast(x!))} ELSE CAST(NULL AS ${type}) END`
        : `CASE WHEN ${x} IS NULL THEN NULL WHEN regexp_full_match(${x}, ${quoteText(pattern)}) THEN coalesce(${tried(cast(x!))}, ${raised(`concat('${word}', ${x})`)}) ELSE ${raised(`concat('${word}', ${x})`)} END`,
    )
/** What has the shape and no value, as 2026-02-30, is NULL. */
const tried = (cast: string): string => cast.replaceAll('CAST(', 'TRY_CAST(')

/** `2024-11-03 01:30:00 America/New_York`; TRY_CAST alone takes an unknown zone without failing. */
const zoned = (x: string, failed: string): string =>
  `CASE WHEN TRY_CAST(${x} AS TIMESTAMP WITH TIME ZONE) IS NULL THEN ${failed} ELSE ${firstOfBoth(`CAST(upper(regexp_extract(${x}, '^(.*) ', 1)) AS TIMESTAMP)`, `regexp_extract(${x}, '[^ ]+$')`)} END`

/** A zero of a cast has no sign, one in JSON keeps it. */
export const floatText = (x: string, zero = ' + 0.0'): string =>
  `CASE WHEN isfinite(${x}) THEN CASE WHEN CAST(printf('%.15g', ${x}) AS DOUBLE) = ${x} THEN printf('%.15g', ${x}${zero}) ELSE printf('%.17g', ${x}) END ` +
  `WHEN isnan(${x}) THEN 'NaN' WHEN ${x} > 0 THEN 'inf' WHEN ${x} < 0 THEN '-inf' END`

const RULES: Readonly<Record<string, Rule>> = {
  'INT64>FLOAT64': native('DOUBLE'),
  'INT64>NUMERIC': native('DECIMAL(38,9)'),
  'INT64>STRING': native('VARCHAR'),
  'INT64>BOOL': (sql) => `(${sql} <> 0)`,
  'BOOL>INT64': native('BIGINT'),
  'BOOL>STRING': (sql) => `CASE ${sql} WHEN TRUE THEN 'true' WHEN FALSE THEN 'false' END`,
  'FLOAT64>INT64': (sql, how) => native('BIGINT')(`round(${sql})`, how),
  // By all its digits: DuckDB would multiply by a power of ten, in FLOAT64.
  'FLOAT64>NUMERIC': (sql, how) =>
    once([sql], ([x]) => {
      const digits = native('DECIMAL(38,9)')(`printf('%.40f', ${x})`, how)
      const wrong = `concat('Illegal conversion of non-finite floating point number to numeric: ', ${x})`
      return `CASE WHEN isfinite(${x}) THEN ${digits} WHEN ${x} IS NOT NULL THEN ${how.isSafe ? 'NULL' : raised(wrong)} END`
    }),
  'FLOAT64>STRING': (sql) => once([sql], ([x]) => floatText(x!)),
  'NUMERIC>INT64': (sql, how) => native('BIGINT')(`round(${sql}, 0)`, how),
  'NUMERIC>FLOAT64': native('DOUBLE'),
  'NUMERIC>STRING': (sql) => `regexp_replace(CAST(${sql} AS VARCHAR), '\\.?0+$', '')`,
  // DuckDB reads hexadecimal without a sign only.
  'STRING>INT64': guarded(
    String.raw`\s*[+-]?(\d+|0[xX][0-9a-fA-F]+)\s*`,
    'BIGINT',
    'Bad int64 value: ',
    (x) =>
      once(
        [`trim(${x}, e' \\t\\n\\r')`],
        ([t]) =>
          `CASE WHEN regexp_matches(${t}, '[xX]') THEN CAST(CAST(CAST(regexp_replace(${t}, '^[+-]', '') AS UBIGINT) AS HUGEINT) * (CASE WHEN starts_with(${t}, '-') THEN -1 ELSE 1 END) AS BIGINT) ELSE CAST(${t} AS BIGINT) END`,
      ),
  ),
  'STRING>FLOAT64': guarded(
    String.raw`\s*[+-]?((\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|(?i:inf|infinity|nan))\s*`,
    'DOUBLE',
    'Bad double value: ',
    // DuckDB takes 1e400 for infinity.
    (x) =>
      once(
        [`CAST(trim(${x}, e' \\t\\n\\r') AS DOUBLE)`],
        ([d]) => `CASE WHEN isfinite(${d}) OR ${x} NOT SIMILAR TO '.*[0-9].*' THEN ${d} END`,
      ),
  ),
  'STRING>NUMERIC': guarded(
    String.raw`\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*`,
    'DECIMAL(38,9)',
    'Invalid NUMERIC value: ',
    (x) => `CAST(trim(${x}, e' \\t\\n\\r') AS DECIMAL(38,9))`,
  ),
  'STRING>BOOL': guarded('(?i:true|false)', 'BOOLEAN', 'Bad bool value: ', (x) => `(lower(${x}) = 'true')`),
  'STRING>BYTES': (sql) => `encode(${sql})`,
  'BYTES>STRING': (sql, how) => (how.isSafe ? `TRY(decode(${sql}))` : `decode(${sql})`),
  'STRING>DATE': guarded(DATE_PATTERN, 'DATE', 'Invalid date: ', (x) => `CAST(${x} AS DATE)`),
  'STRING>TIME': guarded(TIME_PATTERN, 'TIME', 'Invalid time string ', (x) => `CAST(${x} AS TIME)`),
  'STRING>DATETIME': guarded(
    DATETIME_PATTERN,
    'TIMESTAMP',
    'Invalid datetime string ',
    (x) => `CAST(upper(${x}) AS TIMESTAMP)`,
  ),
  'STRING>TIMESTAMP': (sql, how) =>
    once([sql], ([x]) => {
      const failed = how.isSafe ? 'NULL' : raised(`concat('Invalid timestamp: ', ${x})`)
      return (
        `CASE WHEN ${x} IS NULL THEN NULL WHEN regexp_full_match(${x}, ${quoteText(`${DATETIME_PATTERN}( UTC)?`)}) THEN ${`coalesce(${utcTimestamp(`TRY_CAST(replace(upper(${x}), ' UTC', '') AS TIMESTAMP)`)}, ${failed})`} ` +
        `WHEN regexp_full_match(${x}, ${quoteText(`${DATETIME_PATTERN}${OFFSET_PATTERN}`)}) THEN coalesce(TRY_CAST(${x} AS TIMESTAMP WITH TIME ZONE), ${failed}) ` +
        `WHEN regexp_full_match(${x}, ${quoteText(`${DATETIME_PATTERN}${ZONE_PATTERN}`)}) THEN ${zoned(x!, failed)} ELSE ${failed} END`
      )
    }),
  'INTERVAL>STRING': (sql) => intervalText(sql),
  'DATE>STRING': (sql) => `strftime(${sql}, '%Y-%m-%d')`,
  'DATE>DATETIME': native('TIMESTAMP'),
  'DATE>TIMESTAMP': (sql) => utcTimestamp(`CAST(${sql} AS TIMESTAMP)`),
  'DATETIME>STRING': (sql) => once([sql], ([x]) => datetimeText(x!)),
  'DATETIME>DATE': native('DATE'),
  'DATETIME>TIME': native('TIME'),
  'DATETIME>TIMESTAMP': (sql) => utcTimestamp(sql),
  'TIMESTAMP>STRING': (sql) => once([utcDatetime(sql)], ([x]) => `(${datetimeText(x!)} || '+00')`),
  'TIMESTAMP>DATE': (sql) => `CAST(${utcDatetime(sql)} AS DATE)`,
  'TIMESTAMP>DATETIME': (sql) => utcDatetime(sql),
  'TIMESTAMP>TIME': (sql) => `CAST(${utcDatetime(sql)} AS TIME)`,
  'TIME>STRING': (sql) => once([`(DATE '1970-01-01' + ${sql})`], ([x]) => `substr(${datetimeText(x!)}, 12)`),
}

export function castValue(value: Value, to: GType, how: How): Value {
  // A number written as a literal is the one that was written, as in BigQuery, not the FLOAT64 nearest to it.
  const isWritten = value.literal !== undefined && isScalar(value.type, 'FLOAT64') && isScalar(to, 'NUMERIC')
  const sql = isWritten
    ? native('DECIMAL(38,9)')(quoteText(value.literal), how)
    : castSql(value.sql, value.type, to, how)
  return { ...value, sql, type: to, literal: undefined, isParameter: undefined, column: undefined }
}

export function castSql(sql: string, from: GType, to: GType, how: How): string {
  if (isNullType(from)) return `CAST(NULL AS ${duckdbType(to)})`
  if (from.kind === 'scalar' && to.kind === 'scalar') {
    if (from.name === to.name) return sql
    const rule = RULES[`${from.name}>${to.name}`]
    if (rule) return rule(sql, how)
    throw invalid(`Invalid cast from ${typeName(from)} to ${typeName(to)}`, how.at)
  }
  if (duckdbType(from) === duckdbType(to)) return sql
  if (from.kind === 'array' && to.kind === 'array') {
    if (sql.startsWith('CAST([] AS')) return `CAST([] AS ${duckdbType(to)})`
    // Other names only: DuckDB would cast a STRUCT by name, BigQuery does by position.
    if (!sameType(from, to)) throw unsupported(`CAST from ${typeName(from)} to ${typeName(to)}`, how.at)
    const element = `e_${createHash('sha256').update(sql).digest('hex').slice(0, 10)}`
    return `list_transform(${sql}, lambda ${element}: ${castSql(element, from.element, to.element, how)})`
  }
  if (from.kind === 'struct' && to.kind === 'struct') {
    if (from.fields.length !== to.fields.length)
      throw invalid(`Invalid cast from ${typeName(from)} to ${typeName(to)}`, how.at)
    return once(
      [sql],
      ([x]) =>
        `CASE WHEN ${x} IS NOT NULL THEN struct_pack(${to.fields
          .map(
            (field, i) =>
              `"${field.name.replaceAll('"', '""')}" := ${castSql(`struct_extract(${x}, ${quoteText(from.fields[i]!.name)})`, from.fields[i]!.type, field.type, how)}`,
          )
          .join(', ')}) END`,
    )
  }
  throw invalid(`Invalid cast from ${typeName(from)} to ${typeName(to)}`, how.at)
}
