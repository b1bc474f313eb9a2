/** JSON values turned into others: JSON_TYPE, INT64(json), LAX_INT64(json), …; https://cloud.google.com/bigquery/docs/reference/standard-sql/json_functions. */
import { once } from '../values/value.ts'
import { floatText } from '../values/cast.ts'
import { example, failing, scalar, type Emit, type FunctionRow } from './row.ts'

const F = 'JSON'

/** INT64(json): the value when the JSON is one of that kind, else an error. */
const unwrapped = (types: readonly string[], words: string, cast: (x: string) => string) => ({
  emit: ([json]: string[], how: Emit): string =>
    once(
      [json!],
      ([x]) =>
        `CASE WHEN ${x} IS NULL THEN NULL WHEN json_type(${x}) IN (${types.map((type) => `'${type}'`).join(', ')}) THEN ${cast(x!)} ELSE ${how.fail(`'The provided JSON input is not ${words}'`)} END`,
    ),
})
const NUMBERS = ['BIGINT', 'UBIGINT', 'HUGEINT', 'DOUBLE']
const whole = (args: string[], how: Emit): string => {
  const number = unwrapped(NUMBERS, 'an integer', (x) => {
    const value = `CAST(json_extract_string(${x}, '$') AS DOUBLE)`
    return `CASE WHEN json_type(${x}) <> 'DOUBLE' THEN CAST(json_extract_string(${x}, '$') AS BIGINT) WHEN ${value} = floor(${value}) AND abs(${value}) < 9e15 THEN CAST(${value} AS BIGINT) ELSE ${how.fail(`concat('The provided JSON number: ', json_extract_string(${x}, '$'), ' cannot be converted to an integer')`)} END`
  })
  return number.emit(args, how)
}

/** The text of a JSON number or string that is a number. */
const numberIn = (x: string): string =>
  `CASE WHEN json_type(${x}) IN (${NUMBERS.map((type) => `'${type}'`).join(', ')}) OR (json_type(${x}) = 'VARCHAR' AND regexp_full_match(json_extract_string(${x}, '$'), '[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?')) THEN json_extract_string(${x}, '$') END`

/** LAX_INT64(json) and the like: what can be taken for one, else NULL. */
const lax = {
  BOOL: ([json]: string[]) =>
    once(
      [json!],
      ([x]) =>
        `CASE WHEN json_type(${x}) = 'BOOLEAN' THEN json_extract_string(${x}, '$') = 'true' WHEN json_type(${x}) = 'VARCHAR' THEN CASE lower(json_extract_string(${x}, '$')) WHEN 'true' THEN TRUE WHEN 'false' THEN FALSE END WHEN json_type(${x}) IN (${NUMBERS.map((type) => `'${type}'`).join(', ')}) THEN CAST(json_extract_string(${x}, '$') AS DOUBLE) <> 0 END`,
    ),
  INT64: ([json]: string[]) =>
    once([json!], ([x]) =>
      once(
        [numberIn(x!)],
        ([text]) =>
          `CASE WHEN json_type(${x}) = 'BOOLEAN' THEN CASE WHEN json_extract_string(${x}, '$') = 'true' THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END WHEN regexp_full_match(${text}, '[+-]?\\d+') THEN TRY_CAST(${text} AS BIGINT) ELSE TRY_CAST(round(TRY_CAST(${text} AS DOUBLE)) AS BIGINT) END`,
      ),
    ),
  FLOAT64: ([json]: string[]) =>
    once(
      [json!],
      ([x]) =>
        `CASE WHEN json_type(${x}) = 'VARCHAR' AND regexp_full_match(json_extract_string(${x}, '$'), '(?i)[+-]?(nan|inf|infinity)') THEN CAST(lower(json_extract_string(${x}, '$')) AS DOUBLE) ELSE TRY_CAST(${numberIn(x!)} AS DOUBLE) END`,
    ),
  STRING: ([json]: string[]) =>
    once(
      [json!],
      ([x]) =>
        `CASE WHEN json_type(${x}) IN ('VARCHAR', 'BOOLEAN', 'BIGINT', 'UBIGINT') THEN json_extract_string(${x}, '$') WHEN json_type(${x}) = 'DOUBLE' THEN ${once([`CAST(json_extract_string(${x}, '$') AS DOUBLE)`], ([d]) => floatText(d!))} END`,
    ),
}

export const jsonValueRows: readonly FunctionRow[] = [
  scalar(
    F,
    'rewrite',
    'JSON_TYPE',
    {
      'JSON -> STRING': ([json]) =>
        `CASE json_type(${json}) WHEN 'OBJECT' THEN 'object' WHEN 'ARRAY' THEN 'array' WHEN 'VARCHAR' THEN 'string' WHEN 'BOOLEAN' THEN 'boolean' WHEN 'NULL' THEN 'null' WHEN 'BIGINT' THEN 'number' WHEN 'UBIGINT' THEN 'number' WHEN 'DOUBLE' THEN 'number' END`,
    },
    example(
      `SELECT JSON_TYPE(JSON '"apple"'), JSON_TYPE(JSON '10'), JSON_TYPE(JSON '3.14'), JSON_TYPE(JSON 'null'), JSON_TYPE(JSON '{"a":1}'), JSON_TYPE(JSON '[true]'), JSON_TYPE(JSON 'false')`,
      ['string', 'number', 'number', 'null', 'object', 'array', 'boolean'],
    ),
  ),
  scalar(
    F,
    'rewrite',
    'BOOL',
    {
      'JSON -> BOOL': unwrapped(['BOOLEAN'], 'a boolean', (x) => `(json_extract_string(${x}, '$') = 'true')`)
        .emit,
    },
    example('SELECT BOOL(JSON \'true\'), BOOL(JSON \'{"hotel class": "5-star", "vacancy": true}\'.vacancy)', [
      true,
      true,
    ]),
    failing("SELECT BOOL(JSON '123')", 'The provided JSON input is not a boolean'),
    failing("SELECT BOOL(JSON 'null')", 'The provided JSON input is not a boolean'),
  ),
  scalar(
    F,
    'rewrite',
    'INT64',
    { 'JSON -> INT64': whole },
    example("SELECT INT64(JSON '2005'), INT64(JSON '10.0')", [2005, 10]),
    failing("SELECT INT64(JSON '10.1')", 'cannot be converted to an integer'),
    failing('SELECT INT64(JSON \'"strawberry"\')', 'not an integer'),
  ),
  scalar(
    F,
    'rewrite',
    'FLOAT64',
    {
      'JSON -> FLOAT64': unwrapped(
        NUMBERS,
        'a number',
        (x) => `CAST(json_extract_string(${x}, '$') AS DOUBLE)`,
      ).emit,
    },
    example("SELECT FLOAT64(JSON '9.8'), FLOAT64(JSON '7')", [9.8, 7]),
    failing('SELECT FLOAT64(JSON \'"strawberry"\')', 'not a number'),
  ),
  scalar(
    F,
    'rewrite',
    'LAX_BOOL',
    { 'JSON -> BOOL': lax.BOOL },
    example(
      `SELECT LAX_BOOL(JSON 'true'), LAX_BOOL(JSON '"true"'), LAX_BOOL(JSON '"TRUE"'), LAX_BOOL(JSON '"foo"'), LAX_BOOL(JSON '10'), LAX_BOOL(JSON '0'), LAX_BOOL(JSON '0.0'), LAX_BOOL(JSON 'null')`,
      [true, true, true, null, true, false, false, null],
    ),
  ),
  scalar(
    F,
    'rewrite',
    'LAX_INT64',
    { 'JSON -> INT64': lax.INT64 },
    example(
      `SELECT LAX_INT64(JSON '10'), LAX_INT64(JSON '10.0'), LAX_INT64(JSON '1.1'), LAX_INT64(JSON '3.5'), LAX_INT64(JSON '1.1e2'), LAX_INT64(JSON '1e100')`,
      [10, 10, 1, 4, 110, null],
    ),
    example(
      `SELECT LAX_INT64(JSON 'true'), LAX_INT64(JSON 'false'), LAX_INT64(JSON '"10"'), LAX_INT64(JSON '"1.1e2"'), LAX_INT64(JSON '"+1.5"'), LAX_INT64(JSON '"1e100"'), LAX_INT64(JSON '"foo"')`,
      [1, 0, 10, 110, 2, null, null],
    ),
  ),
  scalar(
    F,
    'rewrite',
    'LAX_FLOAT64',
    { 'JSON -> FLOAT64': lax.FLOAT64 },
    example(
      `SELECT LAX_FLOAT64(JSON '9.8'), LAX_FLOAT64(JSON '9'), LAX_FLOAT64(JSON 'true'), LAX_FLOAT64(JSON '"10"'), LAX_FLOAT64(JSON '"1.1e2"'), LAX_FLOAT64(JSON '"+1.5"'), LAX_FLOAT64(JSON '"foo"'), IS_NAN(LAX_FLOAT64(JSON '"NaN"')), LAX_FLOAT64(JSON '"-InfiNiTY"') < 0`,
      [9.8, 9, null, 10, 110, 1.5, null, true, true],
    ),
  ),
  scalar(
    F,
    'rewrite',
    'LAX_STRING',
    { 'JSON -> STRING': lax.STRING },
    example(
      `SELECT LAX_STRING(JSON '"purple"'), LAX_STRING(JSON '"10"'), LAX_STRING(JSON 'true'), LAX_STRING(JSON 'false'), LAX_STRING(JSON '10'), LAX_STRING(JSON '11.1'), LAX_STRING(JSON '1e100'), LAX_STRING(JSON '[1]')`,
      ['purple', '10', 'true', 'false', '10', '11.1', '1e+100', null],
    ),
  ),
]
