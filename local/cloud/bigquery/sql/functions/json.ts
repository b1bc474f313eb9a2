/**
 * JSON functions on JSON and JSON-formatted STRING; paths are literals of the documented subset, translated
 * key by key.
 */
import { invalid, unsupported, type Position } from '../refusal.ts'
import { isScalar } from '../values/gtype.ts'
import { once, quoteText } from '../values/value.ts'
import type { Step } from '../values/json-changes.ts'
import { normalPartSql } from '../values/normal-json.ts'
import { jsonText } from './json-text.ts'
import { example, failing, scalar, type Emit, type FunctionRow } from './row.ts'

const F = 'JSON'

/** `$.a.b[0]`, `$."a b"`, `$['a']` step by step; `*` and the like are refused. */
export function stepsOf(literal: string | undefined, at: Position): Step[] {
  if (literal === undefined) throw unsupported('A JSONPath that is not a string literal', at)
  let rest = literal.replace(/^(lax|strict)\s+/i, (word) => {
    throw unsupported(`JSONPath mode ${word.trim()}`, at)
  })
  if (!rest.startsWith('$'))
    throw invalid(`Invalid JSONPath: ${JSON.stringify(literal)}: must start with $`, at)
  rest = rest.slice(1)
  const steps: Step[] = []
  while (rest !== '') {
    const step = /^(?:\.([A-Za-z_0-9-]+)|\."([^"\\]*)"|\['([^'\\]*)'\]|\["([^"\\]*)"\]|\[(\d+)\])/.exec(rest)
    if (!step) throw unsupported(`JSONPath ${JSON.stringify(literal)}`, at)
    steps.push(step[5] === undefined ? (step[1] ?? step[2] ?? step[3] ?? step[4]!) : Number(step[5]))
    rest = rest.slice(step[0].length)
  }
  return steps
}

/** DuckDB's path with every key quoted, so that `*` and `#` mean themselves. */
function pathOf(how: Emit): string {
  const steps = stepsOf(how.values[1] ? how.values[1].literal : '$', how.at)
  return quoteText(
    `$${steps.map((step) => (typeof step === 'string' ? `."${step}"` : `[${step}]`)).join('')}`,
  )
}

const value = (args: string[], how: Emit) => {
  const path = pathOf(how)
  return once(
    [readable(args[0]!, how)],
    ([x]) =>
      `CASE WHEN json_type(${x}, ${path}) NOT IN ('OBJECT', 'ARRAY', 'NULL') THEN ${unmarked(`json_extract_string(${x}, ${path})`, how)} END`,
  )
}
const isText = (how: Emit): boolean => isScalar(how.values[0]!.type, 'STRING')
/**
 * What is no JSON has no member: NULL, as for a path that leads nowhere. Numbers of a text are answered as they
 * are written, 19.90, which DuckDB would not: they are marked where it might write them otherwise.
 */
const readable = (text: string, how: Emit): string =>
  isText(how)
    ? once(
        [text],
        ([x]) =>
          `CASE WHEN json_valid(${x}) THEN CASE WHEN regexp_matches(${x}, '\\d[.eE]|-0|\\d{19}') THEN ${marked(x!)} ELSE ${x} END END`,
      )
    : text
/** Each number becomes a string that begins with the mark; a string gets an empty one behind it, which is taken away. */
const marked = (x: string): string =>
  `replace(regexp_replace(${x}, '("(?:[^"\\\\]|\\\\.)*")|(-?\\d+(?:\\.\\d+)?(?:[eE][+-]?\\d+)?)', '\\1"\\\\u0001\\\\u0002\\2"', 'g'), '"\\u0001\\u0002"', '')`
const unmarked = (text: string, how: Emit): string =>
  isText(how) ? `regexp_replace(${text}, '^\\x01\\x02', '')` : text
/** The same within JSON. */
const allUnmarked = (json: string, how: Emit): string =>
  isText(how) ? `regexp_replace(${json}, '"\\\\u0001\\\\u0002([^"]*)"', '\\1', 'g')` : json
const query = (args: string[], how: Emit) => {
  const path = pathOf(how)
  return once(
    [readable(args[0]!, how)],
    ([x]) =>
      `CASE WHEN json_type(${x}, ${path}) <> 'NULL' THEN ${allUnmarked(`CAST(json_extract(${x}, ${path}) AS VARCHAR)`, how)} END`,
  )
}
const list = (args: string[], how: Emit): string => {
  const path = pathOf(how)
  return once(
    [readable(args[0]!, how)],
    ([x]) =>
      `CASE WHEN json_type(${x}, ${path}) = 'ARRAY' THEN CAST(json_extract(${x}, ${path}) AS JSON[]) END`,
  )
}
const members = (args: string[], how: Emit): string =>
  `list_transform(${list(args, how)}, lambda member: ${allUnmarked('CAST(member AS VARCHAR)', how)})`
/** NULL as a whole when one element is an object or an array. */
const scalars = (args: string[], how: Emit): string =>
  once(
    [list(args, how)],
    ([all]) =>
      `CASE WHEN len(list_filter(${all}, lambda member: json_type(member) IN ('OBJECT', 'ARRAY'))) = 0 THEN list_transform(${all}, lambda member: ${unmarked("json_extract_string(member, '$')", how)}) END`,
  )
const signatures = (emit: typeof value) => ({
  'STRING -> STRING': emit,
  'STRING, STRING! -> STRING': emit,
  'JSON -> STRING': emit,
  'JSON, STRING! -> STRING': emit,
})
const queries = {
  'STRING -> STRING': query,
  'STRING, STRING! -> STRING': query,
  'JSON -> JSON': ([json]: string[]) => json!,
  'JSON, STRING! -> JSON': (args: string[], how: Emit) =>
    once([`json_extract(${args[0]}, ${pathOf(how)})`], ([part]) => normalPartSql(part!)),
}

export const jsonRows: readonly FunctionRow[] = [
  scalar(
    F,
    'rewrite',
    'JSON_VALUE',
    signatures(value),
    example(
      `SELECT JSON_VALUE('{"name": "Jakob", "age": "6"}', '$.age'), JSON_VALUE('{"fruits": ["apple"]}', '$.fruits'), JSON_VALUE('"hello"')`,
      ['6', null, 'hello'],
    ),
    example(
      `SELECT JSON_VALUE('{"a": true, "b": null, "c": {"d": 7}}', '$.a'), JSON_VALUE('{"b": null}', '$.b'), JSON_VALUE(JSON '{"c": {"d": 7}}', '$.c.d')`,
      ['true', null, '7'],
    ),
    example(
      `SELECT JSON_VALUE(t, '$.p'), JSON_VALUE(t, '$.e'), JSON_VALUE(t, '$.s'), JSON_VALUE(t, '$.big'), JSON_VALUE(t, '$.zero'), JSON_VALUE(PARSE_JSON('{"p": 19.90}'), '$.p') FROM UNNEST(['{"p": 19.90, "e": 1e2, "s": "1.50 \\\\"2.50", "big": 123456789012345678901234567890, "zero": -0}']) t`,
      ['19.90', '1e2', '1.50 "2.50', '123456789012345678901234567890', '-0', '19.9'],
    ),
  ),
  scalar(
    F,
    'rewrite',
    'JSON_EXTRACT_SCALAR',
    signatures(value),
    example(
      `SELECT JSON_EXTRACT_SCALAR('{"name": "Jakob", "age": "6"}', '$.age'), JSON_EXTRACT_SCALAR('{"fruits": ["apple"]}', '$.fruits')`,
      ['6', null],
    ),
  ),
  scalar(
    F,
    'rewrite',
    'JSON_QUERY',
    queries,
    example(
      `SELECT JSON_QUERY('{"class": {"students": [{"name": "Jane"}]}}', '$.class'), JSON_QUERY('{"a": null}', '$.a')`,
      ['{"students":[{"name":"Jane"}]}', null],
    ),
    example(`SELECT JSON_QUERY('{"a": [1.50, {"b c": -2E+3}, "4.50"]}', '$.a'), JSON_QUERY('1.50')`, [
      '[1.50,{"b c":-2E+3},"4.50"]',
      '1.50',
    ]),
    example(`SELECT TO_JSON_STRING(JSON_QUERY(JSON '{"a": [1]}'))`, ['{"a":[1]}']),
    example(
      `SELECT JSON_QUERY('{"key": 1, "key": 2}', '$'), TO_JSON_STRING(JSON_QUERY(JSON '{"key": 1, "key": 2}', '$'))`,
      ['{"key":1,"key":2}', '{"key":1}'],
    ),
  ),
  scalar(
    F,
    'rewrite',
    'JSON_EXTRACT',
    queries,
    example(`SELECT JSON_EXTRACT('{"class": {"students": [{"name": "Jane"}]}}', '$.class.students[0]')`, [
      '{"name":"Jane"}',
    ]),
  ),
  ...(['JSON_QUERY_ARRAY', 'JSON_EXTRACT_ARRAY'] as const).map((name) =>
    scalar(
      F,
      'rewrite',
      name,
      {
        'STRING -> ARRAY<STRING>': members,
        'STRING, STRING! -> ARRAY<STRING>': members,
        'JSON -> ARRAY<JSON>': list,
        'JSON, STRING! -> ARRAY<JSON>': list,
      },
      example(
        `SELECT ARRAY_LENGTH(${name}(JSON '{"fruits":["apples","oranges"]}', '$.fruits')), TO_JSON_STRING(${name}(JSON '[1, {"a": "b"}]')), ${name}(JSON '{"a":1}', '$.a') IS NULL`,
        [2, '[1,{"a":"b"}]', true],
      ),
      example(
        `SELECT ${name}('[1,2,{"a":"b"}]'), ${name}('{"fruits":["apples","oranges"]}', '$.fruits'), ${name}('{"a":1}', '$.a')`,
        [['1', '2', '{"a":"b"}'], ['"apples"', '"oranges"'], null],
      ),
      example(`SELECT ${name}('[1.50, {"a": 2.50}]')`, [['1.50', '{"a":2.50}']]),
    ),
  ),
  ...(['JSON_VALUE_ARRAY', 'JSON_EXTRACT_STRING_ARRAY'] as const).map((name) =>
    scalar(
      F,
      'rewrite',
      name,
      {
        'STRING -> ARRAY<STRING>': scalars,
        'STRING, STRING! -> ARRAY<STRING>': scalars,
        'JSON -> ARRAY<STRING>': scalars,
        'JSON, STRING! -> ARRAY<STRING>': scalars,
      },
      example(
        `SELECT ${name}('["apples","oranges"]', '$'), ${name}('{"fruits":["apples",1]}', '$.fruits'), ${name}('[{"a":1}]', '$'), ${name}('{"a":1}', '$.a')`,
        [['apples', 'oranges'], ['apples', '1'], null, null],
      ),
      example(`SELECT ${name}('[1.50, "2.50"]')`, [['1.50', '2.50']]),
    ),
  ),
  scalar(
    F,
    'rewrite',
    'TO_JSON_STRING',
    {
      'ANY -> STRING': ([x], how) => jsonText(x!, how.values[0]!.type, how.at),
      'ANY, BOOL! -> STRING': ([x, isPretty], how) => {
        if (isPretty !== 'FALSE') throw unsupported('TO_JSON_STRING over several lines', how.at)
        return jsonText(x!, how.values[0]!.type, how.at)
      },
    },
    example('SELECT TO_JSON_STRING(STRUCT(1 AS id, [10,20] AS coordinates)) AS json_data', [
      '{"id":1,"coordinates":[10,20]}',
    ]),
    example('SELECT TO_JSON_STRING([1, 2], FALSE)', ['[1,2]']),
    failing('SELECT TO_JSON_STRING([1], TRUE)', 'TO_JSON_STRING over several lines is not supported'),
    example("SELECT TO_JSON_STRING('a\"b'), TO_JSON_STRING(TRUE)", ['"a\\"b"', 'true']),
    example(
      "SELECT TO_JSON_STRING(STRUCT(1 AS id, [10, 20] AS coordinates, DATE '2026-01-02' AS day, 1.5 AS x, 10.0 AS y, CAST(NULL AS STRING) AS n))",
      ['{"id":1,"coordinates":[10,20],"day":"2026-01-02","x":1.5,"y":10,"n":null}'],
    ),
    example(
      "SELECT TO_JSON_STRING(9007199254740993), TO_JSON_STRING([STRUCT('a' AS b)]), TO_JSON_STRING(TIMESTAMP '2026-01-02 03:04:05.5'), TO_JSON_STRING(NUMERIC '1.5'), TO_JSON_STRING(NUMERIC '2')",
      ['"9007199254740993"', '[{"b":"a"}]', '"2026-01-02T03:04:05.500Z"', '"1.5"', '2'],
    ),
  ),
]
