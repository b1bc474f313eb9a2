/** JSON values made of others: TO_JSON, JSON_OBJECT, JSON_ARRAY; https://cloud.google.com/bigquery/docs/reference/standard-sql/json_functions. */
import { invalid } from '../refusal.ts'
import { arrayOf, isNullType, isScalar, JSON_TYPE, STRING, typeName, type GType } from '../values/gtype.ts'
import { normalJsonSql, normalPartSql } from '../values/normal-json.ts'
import { raised } from '../values/raised.ts'
import { once, type Value } from '../values/value.ts'
import { arity, asType } from './arguments.ts'
import { jsonText, type JsonForm } from './json-text.ts'
import { example, failing, scalar, special, withNamed, type Emit, type FunctionRow } from './row.ts'

const F = 'JSON'
type Resolver = NonNullable<FunctionRow['resolve']>
type CallNode = Parameters<Resolver>[0]

export const textOf = (value: Value, call: CallNode, form: JsonForm = 'value'): string =>
  isNullType(value.type) ? "'null'" : jsonText(value.sql, value.type, call.at, 0, form)
/** Only members have an order; JSON values within have theirs. */
const hasMembers = (type: GType): boolean =>
  type.kind === 'array' ? hasMembers(type.element) : type.kind === 'struct'
const valueOf = (text: string, mayReorder: boolean): Value => ({
  sql: once([text], ([json]) => (mayReorder ? normalJsonSql : normalPartSql)(json!)),
  type: JSON_TYPE,
})

const nameOf = (key: string): string =>
  `CASE WHEN ${key} IS NULL THEN ${raised("'JSON keys must be non-null strings'")} ELSE CAST(to_json(${key}) AS VARCHAR) END`

/** What lost digits is refused, or rounded where it is asked for. */
function isRounding({ named, at }: Emit): boolean {
  const mode = named('wide_number_mode') ?? 'exact'
  if (mode !== 'exact' && mode !== 'round')
    throw invalid(`Invalid \`wide_number_mode\` specified: ${mode}`, at)
  return mode === 'round'
}

const object: Resolver = (call, resolve) => {
  const values = call.args.map(resolve)
  if (values.length === 2 && values[0]!.type.kind === 'array') return objectOfArrays(values, call)
  if (values.length % 2 !== 0)
    throw invalid(
      `No matching signature for function JSON_OBJECT for argument types: ${values.map(({ type }) => typeName(type)).join(', ')}`,
      call.at,
    )
  const members: string[] = []
  for (let i = 0; i < values.length; i += 2)
    members.push(
      `${i === 0 ? "'{'" : "','"}, ${nameOf(asType(values[i]!, STRING, call).sql)}, ':', ${textOf(values[i + 1]!, call)}`,
    )
  return valueOf(`concat(${members.length === 0 ? "'{'" : members.join(', ')}, '}')`, true)
}

const objectOfArrays = ([keyList, valueList]: readonly Value[], call: CallNode): Value => {
  const keys = asType(keyList!, arrayOf(STRING), call)
  if (valueList!.type.kind !== 'array')
    throw invalid('No matching signature for function JSON_OBJECT: an array of values is expected', call.at)
  const { element } = valueList!.type
  return valueOf(
    once([keys.sql, valueList!.sql], ([k, v]) => {
      const value = textOf({ sql: `${v}[json_place]`, type: element }, call)
      const members = `list_transform(${k}, lambda json_key, json_place: ${nameOf('json_key')} || ':' || ${value})`
      return `CASE WHEN ${k} IS NULL THEN ${raised("'The keys array cannot be NULL'")} WHEN ${v} IS NULL THEN ${raised("'The values array cannot be NULL'")} WHEN len(${k}) <> len(${v}) THEN ${raised("'The number of keys and values must match'")} ELSE concat('{', array_to_string(${members}, ','), '}') END`
    }),
    true,
  )
}

const array: Resolver = (call, resolve) => {
  const values = call.args.map(resolve)
  const texts = values.flatMap((value, i) => (i === 0 ? [textOf(value, call)] : ["','", textOf(value, call)]))
  return valueOf(
    `concat('[', ${texts.join(', ') || "''"}, ']')`,
    values.some(({ type }) => hasMembers(type)),
  )
}

export const jsonMakingRows: readonly FunctionRow[] = [
  withNamed(
    { stringify_wide_numbers: 'BOOL' },
    special(
      F,
      'TO_JSON',
      'TO_JSON(value)',
      (call, resolve, site) => {
        arity(call, 1)
        const value = resolve(call.args[0]!)
        if (isScalar(value.type, 'JSON')) return { sql: value.sql, type: JSON_TYPE }
        const isStringified = site.emitWith([]).named('stringify_wide_numbers') === 'true'
        return valueOf(textOf(value, call, isStringified ? 'stringified' : 'value'), hasMembers(value.type))
      },
      example(
        'WITH CoordinatesTable AS ((SELECT 1 AS id, [10, 20] AS coordinates) UNION ALL (SELECT 2 AS id, [30, 40] AS coordinates)) SELECT TO_JSON_STRING(TO_JSON(t)) AS json_objects FROM CoordinatesTable AS t ORDER BY id',
        ['{"coordinates":[10,20],"id":1}'],
        ['{"coordinates":[30,40],"id":2}'],
      ),
      example(
        "SELECT TO_JSON_STRING(TO_JSON(9007199254740993)), TO_JSON_STRING(TO_JSON(NUMERIC '9007199254740993')), TO_JSON_STRING(TO_JSON([NUMERIC '123.56', -1])), TO_JSON_STRING(TO_JSON(STRUCT(12 AS purchases, TRUE AS inStock))), TO_JSON_STRING(TO_JSON(CAST(NULL AS STRING)))",
        ['9007199254740993', '9007199254740993', '[123.56,-1]', '{"inStock":true,"purchases":12}', 'null'],
      ),
      example(
        'WITH T1 AS ((SELECT 9007199254740993 AS id) UNION ALL (SELECT 2.1 AS id)) SELECT TO_JSON_STRING(TO_JSON(t)) AS json_objects FROM T1 AS t ORDER BY id',
        ['{"id":2.1}'],
        ['{"id":9.007199254740992e+15}'],
      ),
      example(
        'WITH T1 AS ((SELECT 9007199254740993 AS id) UNION ALL (SELECT 2 AS id)) SELECT TO_JSON_STRING(TO_JSON(t, stringify_wide_numbers=>TRUE)) AS json_objects FROM T1 AS t ORDER BY id',
        ['{"id":2}'],
        ['{"id":"9007199254740993"}'],
      ),
      example(
        "SELECT TO_JSON_STRING(TO_JSON(NUMERIC '9007199254740993', stringify_wide_numbers=>TRUE)), TO_JSON_STRING(TO_JSON(NUMERIC '123.56', stringify_wide_numbers=>TRUE)), TO_JSON_STRING(TO_JSON(9007199254740993, stringify_wide_numbers=>FALSE))",
        ['"9007199254740993"', '123.56', '9007199254740993'],
      ),
      failing(
        "SELECT TO_JSON(NUMERIC '12345678901234567890.123456789')",
        'Failed to convert type NUMERIC to JSON',
      ),
      failing(
        "SELECT TO_JSON(NUMERIC '123456789012345678901')",
        'A NUMERIC beyond 64 bits in a JSON value is not supported',
      ),
      example("SELECT JSON_VALUE(TO_JSON(STRUCT('a' AS b)), '$.b'), INT64(TO_JSON(3))", ['a', 3]),
    ),
  ),
  special(
    F,
    'JSON_OBJECT',
    'JSON_OBJECT(key, value, …), JSON_OBJECT(keys, values)',
    object,
    example(
      "SELECT TO_JSON_STRING(JSON_OBJECT()), TO_JSON_STRING(JSON_OBJECT('foo', 10, 'bar', TRUE)), TO_JSON_STRING(JSON_OBJECT('foo', 10, 'bar', ['a', 'b'])), TO_JSON_STRING(JSON_OBJECT('a', NULL, 'b', JSON 'null')), TO_JSON_STRING(JSON_OBJECT('a', 10, 'a', 'foo'))",
      ['{}', '{"bar":true,"foo":10}', '{"bar":["a","b"],"foo":10}', '{"a":null,"b":null}', '{"a":10}'],
    ),
    example(
      `SELECT TO_JSON_STRING(JSON_OBJECT(CAST([] AS ARRAY<STRING>), [])), TO_JSON_STRING(JSON_OBJECT(['a', 'b'], [10, NULL])), TO_JSON_STRING(JSON_OBJECT(['a', 'b'], [JSON '10', JSON '"foo"'])), TO_JSON_STRING(JSON_OBJECT(['a', 'b'], [STRUCT(10 AS id, 'Red' AS color), STRUCT(20 AS id, 'Blue' AS color)])), TO_JSON_STRING(JSON_OBJECT(['a', 'b'], [TO_JSON(10), TO_JSON(['foo', 'bar'])]))`,
      [
        '{}',
        '{"a":10,"b":null}',
        '{"a":10,"b":"foo"}',
        '{"a":{"color":"Red","id":10},"b":{"color":"Blue","id":20}}',
        '{"a":10,"b":["foo","bar"]}',
      ],
    ),
    example(
      "WITH Fruits AS (SELECT 0 AS id, 'color' AS json_key, 'red' AS json_value UNION ALL SELECT 0, 'fruit', 'apple' UNION ALL SELECT 1, 'fruit', 'banana' UNION ALL SELECT 1, 'ripe', 'true') SELECT TO_JSON_STRING(JSON_OBJECT(ARRAY_AGG(json_key), ARRAY_AGG(json_value))) AS json_data FROM Fruits GROUP BY id ORDER BY id",
      ['{"color":"red","fruit":"apple"}'],
      ['{"fruit":"banana","ripe":"true"}'],
    ),
    failing("SELECT JSON_OBJECT('a', 1, 'b')", 'No matching signature for function JSON_OBJECT'),
    failing("SELECT JSON_OBJECT(['a', 'b'], [10])", 'The number of keys and values must match'),
    failing('SELECT JSON_OBJECT(CAST(NULL AS ARRAY<STRING>), [10, 20])', 'The keys array cannot be NULL'),
    failing("SELECT JSON_OBJECT(['a', 'b'], CAST(NULL AS ARRAY<INT64>))", 'The values array cannot be NULL'),
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
  withNamed(
    { wide_number_mode: 'STRING' },
    scalar(
      F,
      'rewrite',
      'PARSE_JSON',
      {
        'STRING -> JSON': (args, how) =>
          once(args, ([x]) => {
            const trouble = `own_json_trouble(${x}, ${isRounding(how)})`
            return `CASE WHEN ${trouble} IS NOT NULL THEN ${how.fail(`concat('Invalid input to PARSE_JSON: ', ${trouble})`)} WHEN ${x} IS NOT NULL THEN ${normalJsonSql(x!)} END`
          }),
      },
      example(
        `SELECT TO_JSON_STRING(PARSE_JSON('{"coordinates": [10, 20], "id": 1}')), TO_JSON_STRING(PARSE_JSON('6')), TO_JSON_STRING(PARSE_JSON('"red"'))`,
        ['{"coordinates":[10,20],"id":1}', '6', '"red"'],
      ),
      example(
        `SELECT TO_JSON_STRING(PARSE_JSON('{"b": {"z": 1, "y": [{"d": 1, "\\\\u0063": 18446744073709551615}]}, "a": "x,\\\\"{", "b": 2}'))`,
        ['{"a":"x,\\"{","b":{"y":[{"c":18446744073709551615,"d":1}],"z":1}}'],
      ),
      example(
        String.raw`SELECT TO_JSON_STRING(PARSE_JSON(t)) FROM UNNEST([r'{"h":1,"\\":0}', r'{"h":1,"\n":2}', '{"b":[{"d":1.5,"c":""}],"a":10.0}']) t`,
        [String.raw`{"\\":0,"h":1}`],
        [String.raw`{"\n":2,"h":1}`],
        ['{"a":10.0,"b":[{"c":"","d":1.5}]}'],
      ),
      example(
        `SELECT TO_JSON_STRING(PARSE_JSON('[1e100, 1.50, 0.00001, 10.0, 100000000000000000000.0]')), TO_JSON_STRING(JSON_QUERY(JSON '{"a": [1E-7, 2]}', '$.a'))`,
        ['[1e+100,1.5,1e-05,10.0,1e+20]', '[1e-07,2]'],
      ),
      example(
        `SELECT TO_JSON_STRING(PARSE_JSON('{"id": 922337203685477580701}', wide_number_mode=>'round')) AS json_data`,
        ['{"id":9.223372036854776e+20}'],
      ),
      failing('SELECT PARSE_JSON(\'{"id": 922337203685477580701}\')', 'cannot round-trip'),
      failing(
        `SELECT PARSE_JSON('{"id": 922337203685477580701}', wide_number_mode=>'exact')`,
        'cannot round-trip',
      ),
      failing("SELECT PARSE_JSON('1', wide_number_mode=>'EXACT')", 'wide_number_mode'),
      failing("SELECT PARSE_JSON('[1,]')", 'Invalid input to PARSE_JSON: syntax error'),
    ),
  ),
]
