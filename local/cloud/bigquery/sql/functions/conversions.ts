/** Numbers read from text, and the name of a type; https://cloud.google.com/bigquery/docs/reference/standard-sql/conversion_functions. */
import { typeName } from '../values/gtype.ts'
import { once, quoteText } from '../values/value.ts'
import { example, failing, scalar, type Emit, type FunctionRow } from './row.ts'

const F = 'Conversion'

/** Commas may stand anywhere before the point. */
const NUMBER = String.raw`(?:,*\d[\d,]*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?`
const NUMERIC = 'DECIMAL(38,9)'
/** A sign stands before or behind, with spaces around it. */
const numeric = (args: string[], how: Emit): string =>
  once(args, ([x]) => {
    const wrong = how.fail(`concat('Invalid NUMERIC value: ', ${x})`)
    const number = `replace(regexp_extract(${x}, '${NUMBER}'), ',', '')`
    const sign = String.raw`CASE WHEN regexp_matches(${x}, '^\s*-|-\s*$') THEN '-' ELSE '' END`
    const isNumber = String.raw`regexp_full_match(${x}, '\s*(?:[+-]\s*${NUMBER}|${NUMBER}\s*[+-]?)\s*')`
    return `CASE WHEN ${x} IS NULL THEN CAST(NULL AS ${NUMERIC}) WHEN ${isNumber} THEN coalesce(TRY_CAST(concat(${sign}, ${number}) AS ${NUMERIC}), ${wrong}) ELSE ${wrong} END`
  })

export const conversionRows: readonly FunctionRow[] = [
  scalar(
    F,
    'rewrite',
    'PARSE_NUMERIC',
    { 'STRING -> NUMERIC': numeric },
    example(
      `SELECT CAST(PARSE_NUMERIC("123.45") AS STRING), CAST(PARSE_NUMERIC("12.34E27") AS STRING), CAST(PARSE_NUMERIC("1.0123456789") AS STRING), CAST(PARSE_NUMERIC("  -  12.34 ") AS STRING), CAST(PARSE_NUMERIC("12.34e-1-") AS STRING), CAST(PARSE_NUMERIC("  1,2,,3,.45 + ") AS STRING), CAST(PARSE_NUMERIC(".1234  ") AS STRING)`,
      ['123.45', '12340000000000000000000000000', '1.012345679', '-12.34', '-1.234', '123.45', '0.1234'],
    ),
    example(
      `SELECT CAST(PARSE_NUMERIC("- 12,34567,89.0") AS STRING), CAST(PARSE_NUMERIC(" - 12.345 ") AS STRING), CAST(PARSE_NUMERIC(" 12,345,678") AS STRING), CAST(PARSE_NUMERIC("1.234 ") AS STRING), CAST(PARSE_NUMERIC(" 123.45e-1") AS STRING), CAST(PARSE_NUMERIC(" 0,.12 -") AS STRING), CAST(PARSE_NUMERIC(" .1") AS STRING), CAST(PARSE_NUMERIC(" 0.5 +") AS STRING)`,
      ['-123456789', '-12.345', '12345678', '1.234', '12.345', '-0.12', '0.1', '0.5'],
    ),
    example(`SELECT SAFE.PARSE_NUMERIC("x")`, [null]),
    ...[',,,.1234  ', '1  23.4 5  ', '  e1 ', '  - 12.3 - ', '12.34E100 ', '$12.34'].map((text) =>
      failing(`SELECT CAST(PARSE_NUMERIC("${text}") AS STRING)`, `Invalid NUMERIC value: ${text}`),
    ),
  ),
  scalar(
    'Utility',
    'rewrite',
    'TYPEOF',
    { 'ANY -> STRING': (_, how) => quoteText(typeName(how.values[0]!.type)) },
    example("SELECT TYPEOF(NULL) AS A, TYPEOF('hello') AS B, TYPEOF(12+1) AS C, TYPEOF(4.7) AS D", [
      'INT64',
      'STRING',
      'INT64',
      'FLOAT64',
    ]),
    example(
      "SELECT TYPEOF(STRUCT<x INT64, y STRING>(25, 'apples')) AS struct_type, TYPEOF(STRUCT<x INT64, y STRING>(25, 'apples').y) AS field_type, TYPEOF(ARRAY<INT64>[25, 32]) AS array_type, TYPEOF(ARRAY<INT64>[25, 32][0]) AS element_type",
      ['STRUCT<x INT64, y STRING>', 'STRING', 'ARRAY<INT64>', 'INT64'],
    ),
  ),
]
