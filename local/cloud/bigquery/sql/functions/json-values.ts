/** JSON values made from and turned into others: TO_JSON, JSON_OBJECT, JSON_ARRAY, JSON_TYPE, INT64(json), …; https://cloud.google.com/bigquery/docs/reference/standard-sql/json_functions. */
import { unsupported } from '../refusal.ts'
import { isNullType, isScalar, JSON_TYPE, STRING } from '../values/gtype.ts'
import { raised } from '../values/raised.ts'
import { once, type Value } from '../values/value.ts'
import { arity, asType } from './arguments.ts'
import { jsonText } from './json-text.ts'
import { example, failing, scalar, special, type Emit, type FunctionRow } from './row.ts'

const F = 'JSON'
type Resolver = NonNullable<FunctionRow['resolve']>
type CallNode = Parameters<Resolver>[0]

/** As a JSON number it would lose digits; BigQuery keeps some of these and refuses others. */
const tooWide = (): string =>
  raised("'A number beyond 15 digits in a JSON value is not supported by the local BigQuery'")
const textOf = (value: Value, call: CallNode): string =>
  isNullType(value.type) ? "'null'" : jsonText(value.sql, value.type, call.at, 0, tooWide)

const object: Resolver = (call, resolve) => {
  const values = call.args.map(resolve)
  if (values.length % 2 !== 0 || values.some(({ type }) => type.kind === 'array'))
    throw unsupported('JSON_OBJECT of anything but keys and values in turn', call.at)
  const members: string[] = []
  for (let i = 0; i < values.length; i += 2) {
    const key = asType(values[i]!, STRING, call)
    const name = `CASE WHEN ${key.sql} IS NULL THEN ${raised("'JSON keys must be non-null strings'")} ELSE CAST(to_json(${key.sql}) AS VARCHAR) END`
    members.push(`${i === 0 ? "'{'" : "','"}, ${name}, ':', ${textOf(values[i + 1]!, call)}`)
  }
  return {
    sql: `CAST(concat(${members.length === 0 ? "'{'" : members.join(', ')}, '}') AS JSON)`,
    type: JSON_TYPE,
  }
}

const array: Resolver = (call, resolve) => {
  const texts = call.args.map((argument) => textOf(resolve(argument), call))
  return {
    sql: `CAST(concat('[', ${texts.flatMap((text, i) => (i === 0 ? [text] : ["','", text])).join(', ') || "''"}, ']') AS JSON)`,
    type: JSON_TYPE,
  }
}

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

export const jsonValueRows: readonly FunctionRow[] = [
  special(
    F,
    'TO_JSON',
    'TO_JSON(value)',
    (call, resolve) => {
      arity(call, 1)
      const value = resolve(call.args[0]!)
      if (isScalar(value.type, 'JSON')) return { sql: value.sql, type: JSON_TYPE }
      return { sql: `CAST(${textOf(value, call)} AS JSON)`, type: JSON_TYPE }
    },
    example(
      'SELECT TO_JSON_STRING(TO_JSON(STRUCT([10, 20] AS coordinates, 5 AS id))), TO_JSON_STRING(TO_JSON(CAST(NULL AS STRING)))',
      ['{"coordinates":[10,20],"id":5}', 'null'],
    ),
    example("SELECT JSON_VALUE(TO_JSON(STRUCT('a' AS b)), '$.b'), INT64(TO_JSON(3))", ['a', 3]),
  ),
  special(
    F,
    'JSON_OBJECT',
    'JSON_OBJECT(key, value, …)',
    object,
    example(
      "SELECT TO_JSON_STRING(JSON_OBJECT()), TO_JSON_STRING(JSON_OBJECT('bar', TRUE, 'foo', 10)), TO_JSON_STRING(JSON_OBJECT('a', NULL))",
      ['{}', '{"bar":true,"foo":10}', '{"a":null}'],
    ),
    failing('SELECT JSON_OBJECT(CAST(NULL AS STRING), 1)', 'JSON keys must be non-null'),
  ),
  special(
    F,
    'JSON_ARRAY',
    'JSON_ARRAY(value, …)',
    array,
    example(
      "SELECT TO_JSON_STRING(JSON_ARRAY(10)), TO_JSON_STRING(JSON_ARRAY()), TO_JSON_STRING(JSON_ARRAY(10, 'foo', NULL))",
      ['[10]', '[]', '[10,"foo",null]'],
    ),
  ),
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
]
