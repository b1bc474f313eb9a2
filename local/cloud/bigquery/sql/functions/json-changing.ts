/** JSON values changed, and their keys: JSON_SET, JSON_REMOVE, JSON_STRIP_NULLS, JSON_KEYS; https://cloud.google.com/bigquery/docs/reference/standard-sql/json_functions. */
import { invalid } from '../refusal.ts'
import { JSON_TYPE } from '../values/gtype.ts'
import { once, quoteText } from '../values/value.ts'
import { asType } from './arguments.ts'
import { stepsOf } from './json.ts'
import { textOf } from './json-making.ts'
import { example, failing, scalar, special, withNamed, type Emit, type FunctionRow } from './row.ts'

const F = 'JSON'
const asJson = (text: string): string => `CAST(${text} AS JSON)`
const pathText = (how: Emit, position: number): string =>
  quoteText(JSON.stringify(stepsOf(how.values[position]?.literal, how.at)))

const removed = ([json, ...paths]: string[], how: Emit): string =>
  once([json!], ([x]) => {
    const steps = paths.map((_, i) => pathText(how, i + 1))
    if (steps.includes("'[]'"))
      return `CASE WHEN ${x} IS NOT NULL THEN ${how.fail(quoteText("The JSONPath cannot be '$'"))} END`
    return asJson(steps.reduce((text, path) => `own_json_remove(${text}, ${path})`, `CAST(${x} AS VARCHAR)`))
  })

const stripped = ([json]: string[], how: Emit): string => {
  const path = how.values.length > 1 ? pathText(how, 1) : "'[]'"
  const [fromArrays, isRemovingEmpty] = [
    how.named('include_arrays') ?? 'true',
    how.named('remove_empty') ?? 'false',
  ]
  return asJson(`own_json_strip_nulls(CAST(${json} AS VARCHAR), ${path}, ${fromArrays}, ${isRemovingEmpty})`)
}

const MODES = ['strict', 'lax', 'lax recursive']
/** Deeper than any JSON value. */
const ALL = 1000
const keys = ([json, depth = String(ALL)]: string[], how: Emit): string => {
  const mode = how.named('mode') ?? 'strict'
  if (!MODES.includes(mode)) throw invalid(`Invalid JSON mode specified: ${mode}`, how.at)
  return `own_json_keys(CAST(${json} AS VARCHAR), CAST(coalesce(${depth}, ${ALL}) AS BIGINT), '${mode}')`
}

export const jsonChangingRows: readonly FunctionRow[] = [
  withNamed(
    { create_if_missing: 'BOOL' },
    special(
      F,
      'JSON_SET',
      'JSON_SET(json, path, value, …[, create_if_missing => …])',
      (call, resolve, site) => {
        const [json, ...pairs] = call.args
        if (!json || pairs.length === 0 || pairs.length % 2 !== 0)
          throw invalid(
            'No matching signature for function JSON_SET: pairs of a path and a value are expected',
            call.at,
          )
        const isCreating = site.emitWith([]).named('create_if_missing') ?? 'true'
        let text = `CAST(${asType(resolve(json), JSON_TYPE, call).sql} AS VARCHAR)`
        for (let i = 0; i < pairs.length; i += 2) {
          const path = quoteText(JSON.stringify(stepsOf(resolve(pairs[i]!).literal, call.at)))
          text = `own_json_set(${text}, ${path}, ${textOf(resolve(pairs[i + 1]!), call)}, ${isCreating})`
        }
        return { sql: asJson(text), type: JSON_TYPE }
      },
      example(
        `SELECT TO_JSON_STRING(JSON_SET(JSON '{"a": 1}', '$', JSON '{"b": 2, "c": 3}')), TO_JSON_STRING(JSON_SET(JSON '{"a": 1}', "$.b", 999, create_if_missing => false)), TO_JSON_STRING(JSON_SET(JSON '{"a": 1}', "$.a", 999, create_if_missing => false)), TO_JSON_STRING(JSON_SET(JSON '{"a": {}}', '$.a.b', 100)), TO_JSON_STRING(JSON_SET(JSON 'null', '$.a.b', 100))`,
        ['{"b":2,"c":3}', '{"a":1}', '{"a":999}', '{"a":{"b":100}}', '{"a":{"b":100}}'],
      ),
      example(
        `SELECT TO_JSON_STRING(JSON_SET(JSON '{"a": 1}', '$.b', 2, '$.a.c', 100, '$.d', 3)), TO_JSON_STRING(JSON_SET(JSON '{"a": 1}', '$.a[2]', 100, '$.b', 2)), TO_JSON_STRING(JSON_SET(JSON '{"a": 1, "b": {"c":3}, "d": [4]}', '$.a', 'v1', '$.b.e', 'v2', '$.d[2]', 'v3'))`,
        ['{"a":1,"b":2,"d":3}', '{"a":1,"b":2}', '{"a":"v1","b":{"c":3,"e":"v2"},"d":[4,null,"v3"]}'],
      ),
      example(
        `SELECT TO_JSON_STRING(JSON_SET(j, '$[1]', "foo")), TO_JSON_STRING(JSON_SET(j, '$[1][0]', "foo")), TO_JSON_STRING(JSON_SET(JSON 'null', '$[0][3]', "foo")), TO_JSON_STRING(JSON_SET(j, '$[1][4]', "foo")), TO_JSON_STRING(JSON_SET(j, '$[1][0][0]', "foo")), TO_JSON_STRING(JSON_SET(j, '$[1][2][1]', "foo")), TO_JSON_STRING(JSON_SET(JSON '{}', '$.b[2].d', 100)) FROM UNNEST([JSON '["a", ["b", "c"], "d"]']) j`,
        [
          '["a","foo","d"]',
          '["a",["foo","c"],"d"]',
          '[[null,null,null,"foo"]]',
          '["a",["b","c",null,null,"foo"],"d"]',
          '["a",["b","c"],"d"]',
          '["a",["b","c",[null,"foo"]],"d"]',
          '{"b":[null,null,{"d":100}]}',
        ],
      ),
      example(
        `SELECT JSON_SET(CAST(NULL AS JSON), '$.a', 1), TO_JSON_STRING(JSON_SET(JSON '{"a": null}', '$.a.b', NULL)), TO_JSON_STRING(JSON_SET(JSON '{"a": null}', '$.a.b', 1, create_if_missing => false))`,
        [null, '{"a":{"b":null}}', '{"a":null}'],
      ),
      failing(`SELECT JSON_SET(JSON '[]', '$[1000000]', 1)`, 'Exceeded maximum array size of 1000000'),
      failing(`SELECT JSON_SET(JSON '[]', 'a', 1)`, 'Invalid JSONPath'),
    ),
  ),
  scalar(
    F,
    'rewrite',
    'JSON_REMOVE',
    { 'JSON, STRING!, STRING!* -> JSON': removed },
    example(
      `SELECT TO_JSON_STRING(JSON_REMOVE(j, '$[1]')), TO_JSON_STRING(JSON_REMOVE(j, '$[1]', '$[1]')), TO_JSON_STRING(JSON_REMOVE(j, '$[1]', '$[1]', '$[0]')) FROM UNNEST([JSON '["a", ["b", "c"], "d"]']) j`,
      ['["a","d"]', '["a"]', '[]'],
    ),
    example(
      `WITH T AS (SELECT JSON '{"a": {"b": 10, "c": 20}}' AS data) SELECT TO_JSON_STRING(JSON_REMOVE(data.a, '$.b')) AS json_data FROM T`,
      ['{"c":20}'],
    ),
    example(
      `SELECT TO_JSON_STRING(JSON_REMOVE(JSON '{"a": {"b": {"c": "d"}}}', '$.a.b.c')), TO_JSON_STRING(JSON_REMOVE(JSON '{"a": {"b": {"c": "d"}}}', '$.a.b')), TO_JSON_STRING(JSON_REMOVE(JSON '{"a": 1}', '$.b')), TO_JSON_STRING(JSON_REMOVE(JSON '{"a": [1, 2, 3]}', '$.a[0]', '$.a.b', '$.b', '$.a[0]')), TO_JSON_STRING(JSON_REMOVE(JSON 'null', '$.a.b'))`,
      ['{"a":{"b":{}}}', '{"a":{}}', '{"a":1}', '{"a":[3]}', 'null'],
    ),
    failing("SELECT JSON_REMOVE(JSON '{}', '$')", "The JSONPath cannot be '$'"),
  ),
  withNamed(
    { include_arrays: 'BOOL', remove_empty: 'BOOL' },
    scalar(
      F,
      'rewrite',
      'JSON_STRIP_NULLS',
      { 'JSON -> JSON': stripped, 'JSON, STRING! -> JSON': stripped },
      example(
        `SELECT TO_JSON_STRING(JSON_STRIP_NULLS(JSON '{"a": null, "b": "c"}')), TO_JSON_STRING(JSON_STRIP_NULLS(JSON '[1, null, 2, null]')), TO_JSON_STRING(JSON_STRIP_NULLS(JSON '[1, null, 2, null]', include_arrays=>FALSE)), TO_JSON_STRING(JSON_STRIP_NULLS(JSON '[1, null, 2, null, [null]]')), TO_JSON_STRING(JSON_STRIP_NULLS(JSON '[1, null, 2, null, [null]]', remove_empty=>TRUE))`,
        ['{"b":"c"}', '[1,2]', '[1,null,2,null]', '[1,2,[]]', '[1,2]'],
      ),
      example(
        `SELECT TO_JSON_STRING(JSON_STRIP_NULLS(JSON '{"a": null}', remove_empty=>TRUE)), TO_JSON_STRING(JSON_STRIP_NULLS(JSON '{"a": [null]}', remove_empty=>TRUE)), TO_JSON_STRING(JSON_STRIP_NULLS(j, include_arrays=>FALSE, remove_empty=>TRUE)), TO_JSON_STRING(JSON_STRIP_NULLS(j, remove_empty=>TRUE)), TO_JSON_STRING(JSON_STRIP_NULLS(JSON 'null')) FROM UNNEST([JSON '{"a": {"b": {"c": null}}, "d": [null], "e": [], "f": 1}']) j`,
        ['null', 'null', '{"d":[null],"e":[],"f":1}', '{"f":1}', 'null'],
      ),
      example(
        `SELECT TO_JSON_STRING(JSON_STRIP_NULLS(JSON '{"a": {"b": null}, "c": null}', '$.a')), TO_JSON_STRING(JSON_STRIP_NULLS(JSON '{"a": {"b": null}, "c": null}', '$.a', remove_empty=>TRUE)), TO_JSON_STRING(JSON_STRIP_NULLS(JSON '{"a": null}', '$.b'))`,
        ['{"a":{},"c":null}', '{"a":null,"c":null}', '{"a":null}'],
      ),
      failing(
        `SELECT JSON_STRIP_NULLS(JSON '[null, {"a":null}]', include_arrays=>FALSE, remove_empty=>TRUE)`,
        'without include_arrays is not supported',
      ),
    ),
  ),
  withNamed(
    { mode: 'STRING' },
    scalar(
      F,
      'rewrite',
      'JSON_KEYS',
      { 'JSON, INT64? -> ARRAY<STRING>': keys },
      example(
        `SELECT JSON_KEYS(JSON '{"a": {"b":1}}'), JSON_KEYS(JSON '{"a": {"b":1}}', 1), JSON_KEYS(JSON '{"a":[{"b":1}, {"c":2}], "d":3}'), JSON_KEYS(JSON '{"a":[{"b":1}, {"c":2}], "d":3}', mode => "lax")`,
        [['a', 'a.b'], ['a'], ['a', 'd'], ['a', 'a.b', 'a.c', 'd']],
      ),
      example(
        `SELECT JSON_KEYS(JSON '{"a":[[{"b":1}]]}', mode => "lax"), JSON_KEYS(JSON '{"a":[[{"b":1}]]}', mode => "lax recursive"), JSON_KEYS(JSON '{"a":[{"b":[{"c":1}]}]}', mode => "lax"), JSON_KEYS(JSON '{"a":[{"b":[[{"c":1}]]}]}', mode => "lax"), JSON_KEYS(JSON '{"a":[{"b":[[{"c":1}]]}]}', mode => "lax recursive")`,
        [['a'], ['a', 'a.b'], ['a', 'a.b', 'a.b.c'], ['a', 'a.b'], ['a', 'a.b', 'a.b.c']],
      ),
      example(
        `SELECT JSON_KEYS(JSON '{"a.b": {"c": 1}, "B": 2}'), JSON_KEYS(JSON '[]'), JSON_KEYS(JSON '{"a": 1}', NULL)`,
        [['"a.b"', '"a.b".c', 'B'], [], ['a']],
      ),
      failing("SELECT JSON_KEYS(JSON '{}', 0)", 'max_depth must be positive'),
      failing("SELECT JSON_KEYS(JSON '{}', mode => 'wide')", 'Invalid JSON mode'),
    ),
  ),
]
