/** CREATE FUNCTION as people write it, and what is refused in it by name. */
import { describe, expect, it } from '@jest/globals'
import type { Routine } from '../../../actions/_shared/dataset.ts'
import { readMarkedText, writeMarkedText } from '../../../actions/_shared/ownership.ts'
import { readDefinition } from '../../../actions/publish-views/src/definition.ts'
import {
  brokenCalls,
  signatureChanges,
  spelledJavaScript,
} from '../../../actions/publish-views/src/routine.ts'
import { thrownBy } from '../../support/thrown.ts'

const name = { projectId: 'p-1', datasetId: 'd', tableId: 'f' }
const read = (sql: string, metadata = {}) => readDefinition(sql, name, metadata)
const int = { typeKind: 'INT64' }

describe('a function file', () => {
  it.each<[string, string, object]>([
    [
      'with everything',
      '-- Words.\nCREATE OR REPLACE FUNCTION `p-1.d.f`(x INT64, y ANY TYPE)\nRETURNS STRING AS (\n  CONCAT(")", x) -- )\n)\nOPTIONS (description = "Said");',
      {
        query: 'CONCAT(")", x) -- )\n',
        linesBefore: 3,
        description: 'Said',
        routine: {
          kind: 'SCALAR_FUNCTION',
          arguments: [{ name: 'x', dataType: int }, { name: 'y' }],
          returnType: { typeKind: 'STRING' },
        },
      },
    ],
    [
      'of a subquery',
      'CREATE FUNCTION IF NOT EXISTS d.f() AS ((SELECT MAX(a) FROM b.c))',
      { query: '(SELECT MAX(a) FROM b.c)', routine: { kind: 'SCALAR_FUNCTION', arguments: [] } },
    ],
    [
      'of nested types',
      'CREATE FUNCTION d.f(x ARRAY<STRUCT<a INTEGER, ARRAY<BOOL>>>) AS (x)',
      {
        routine: {
          kind: 'SCALAR_FUNCTION',
          arguments: [
            {
              name: 'x',
              dataType: {
                typeKind: 'ARRAY',
                arrayElementType: {
                  typeKind: 'STRUCT',
                  structType: {
                    fields: [
                      { name: 'a', type: int },
                      { type: { typeKind: 'ARRAY', arrayElementType: { typeKind: 'BOOL' } } },
                    ],
                  },
                },
              },
            },
          ],
        },
      },
    ],
    [
      'of rows',
      '# Licence\nCREATE TABLE FUNCTION d.f(x INT64) RETURNS TABLE<a INT64, b STRING>\nOPTIONS (description = NULL) AS\nSELECT a, b FROM c.d WHERE a = x;',
      {
        query: 'SELECT a, b FROM c.d WHERE a = x',
        linesBefore: 3,
        routine: {
          kind: 'TABLE_VALUED_FUNCTION',
          arguments: [{ name: 'x', dataType: int }],
          returnTable: [
            { name: 'a', type: int },
            { name: 'b', type: { typeKind: 'STRING' } },
          ],
        },
      },
    ],
    [
      'in JavaScript',
      '-- Words.\nCREATE FUNCTION d.f(x FLOAT64, y STRING) RETURNS STRING NOT DETERMINISTIC LANGUAGE JS\nOPTIONS (library = ["gs://b/a.js", "gs://b/b.js"], description = "Said")\nAS r\"\"\"\n  // FROM a.b\n  return x.match(/\\d/) + "\\n"\n\"\"\";',
      {
        query: '\n  // FROM a.b\n  return x.match(/\\d/) + "\\n"\n',
        description: 'Said',
        routine: {
          kind: 'SCALAR_FUNCTION',
          language: 'JAVASCRIPT',
          libraries: ['gs://b/a.js', 'gs://b/b.js'],
          determinism: 'NOT_DETERMINISTIC',
          arguments: [
            { name: 'x', dataType: { typeKind: 'FLOAT64' } },
            { name: 'y', dataType: { typeKind: 'STRING' } },
          ],
          returnType: { typeKind: 'STRING' },
        },
      },
    ],
  ])('%s', (_what, sql, expected) => {
    expect(read(sql)).toEqual(expect.objectContaining(expected))
  })

  it.each<[string, string, RegExp]>([
    [
      'JavaScript of no type',
      'CREATE FUNCTION d.f(x STRING) LANGUAGE js AS "return x"',
      /says what it RETURNS/,
    ],
    ['JavaScript of rows', 'CREATE TABLE FUNCTION d.f() LANGUAGE js AS "1"', /TABLE FUNCTION is in SQL/],
    [
      'JavaScript without a string',
      'CREATE FUNCTION d.f() RETURNS STRING LANGUAGE js AS (1)',
      /expected a string/,
    ],
    ['Python', 'CREATE FUNCTION d.f() RETURNS INT64 LANGUAGE python AS "1"', /in PYTHON is not/],
    [
      'a remote function',
      'CREATE FUNCTION d.f(x INT64) RETURNS INT64 REMOTE WITH CONNECTION a.b',
      /REMOTE function is not/,
    ],
    ['an aggregate', 'CREATE AGGREGATE FUNCTION d.f(x INT64) AS (SUM(x))', /AGGREGATE FUNCTION is not/],
    ['a procedure', 'CREATE OR REPLACE PROCEDURE d.f() BEGIN END', /PROCEDURE is not published/],
    ['a temporary one', 'CREATE TEMP FUNCTION f() AS (1)', /temporary is gone/],
    ['another name', 'CREATE FUNCTION d.g() AS (1)', /makes d\.g, the path of the file says d\.f/],
    [
      'a table as argument',
      'CREATE TABLE FUNCTION d.f(t TABLE<a INT64>) AS SELECT 1',
      /argument that is a TABLE/,
    ],
    ['a length', 'CREATE FUNCTION d.f(x STRING(3)) AS (x)', /STRING has no length/],
    ['an unknown type', 'CREATE FUNCTION d.f(x VARCHAR) AS (x)', /type VARCHAR is not read/],
    ['two of a name', 'CREATE FUNCTION d.f(x INT64, X INT64) AS (x)', /two arguments X/],
    [
      'an option it would not apply',
      'CREATE FUNCTION d.f() AS (1) OPTIONS (library = "a")',
      /function option library/,
    ],
    ['an open bracket', 'CREATE FUNCTION d.f() AS ((1)', /not closed/],
    ['no body', 'CREATE FUNCTION d.f() AS ()', /expression is missing/],
    ['no query', 'CREATE TABLE FUNCTION d.f() AS', /query is missing/],
    ['a second statement', 'CREATE FUNCTION d.f() AS (1); SELECT d.f()', /second statement/],
  ])('is refused with %s', (_what, sql, words) => {
    expect(thrownBy(() => read(sql))).toMatchObject({ message: expect.stringMatching(words) })
  })

  it('has no labels', () => {
    expect(thrownBy(() => read('CREATE FUNCTION d.f() AS (1)', { labels: { team: 'a' } }))).toMatchObject({
      message: expect.stringMatching(/neither labels nor a friendly name/),
    })
  })
})

it('writes JavaScript so that it reads back as it was', () => {
  const definition = read(
    'CREATE FUNCTION d.f(x STRING) RETURNS STRING DETERMINISTIC LANGUAGE js OPTIONS (library="gs://b/a.js") AS r\'return x.replace(/"/, "\\\\n")\'',
  )
  const code = 'return x.replace(/"/, "\\\\n")\r\n// `end`'
  const text = `CREATE FUNCTION d.f(x STRING)${spelledJavaScript(definition.routine!, code)}`
  expect(text).not.toMatch(/[\r\n]/)
  expect(read(text)).toEqual({ ...definition, query: code })
})

it('tells what changes for those who call', () => {
  const routine = (over: Partial<Routine> = {}): Routine => ({
    ...{ kind: 'SCALAR_FUNCTION', arguments: [{ name: 'x', dataType: int }] },
    ...over,
  })
  const renamed = routine({ arguments: [{ name: 'y', dataType: int }] })
  expect([signatureChanges(routine(), renamed), brokenCalls(routine(), renamed)]).toEqual([
    ['takes (y INT64) instead of (x INT64)'],
    [],
  ])
  const any = routine({ arguments: [{ name: 'x' }], returnType: int })
  expect([signatureChanges(routine(), any), brokenCalls(routine(), any)]).toEqual([
    ['takes (x ANY TYPE) instead of (x INT64)', 'is said to give INT64 instead of what its body gives'],
    ['takes (x ANY TYPE) instead of (x INT64)'],
  ])
  expect(signatureChanges(any, any)).toEqual([])
  const script = routine({ libraries: ['gs://b/a.js'], determinism: 'DETERMINISTIC' })
  expect([signatureChanges(routine(), script), signatureChanges(script, routine())]).toEqual([
    ['loads gs://b/a.js', 'is deterministic'],
    [],
  ])
})

describe('the mark in a description', () => {
  const labels = {
    'managed-by': 'clickstream-actions',
    'clickstream-owner': 'me',
    'clickstream-digest': 'a1',
  }
  it.each(['', 'Words', 'Words\n[in brackets]\n'])('comes off as it was put on: %j', (text) => {
    expect(readMarkedText(writeMarkedText(text, labels))).toEqual({ text, labels })
  })
  it.each([
    '[clickstream-owner=me] and more',
    'x [clickstream-owner=me]',
    '[clickstream-owner=Me]',
    '[owner=me]',
  ])('is none in %j', (text) => {
    expect(readMarkedText(text)).toEqual({ text, labels: {} })
  })
})
