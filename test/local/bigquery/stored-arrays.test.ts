/**
 * What may be written: no array keeps a NULL element, a NULL array is stored as an empty one, and columns
 * have names BigQuery takes.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { openBigQuery, type BigQueryCloud } from './bigquery-cloud.ts'

let cloud: BigQueryCloud
beforeAll(async () => {
  cloud = await openBigQuery()
  await cloud.query('data-eng', 'CREATE TABLE caec_raw.lists (id INT64, list ARRAY<INT64>)')
})
afterAll(() => cloud.close())

const refusal = (column: string) => `Array cannot have a null element; error in writing field ${column}`

describe('an array with a NULL element', () => {
  it.each([
    ['SELECT [1, NULL] AS list', 'list'],
    ['SELECT ARRAY_AGG(x) AS list FROM UNNEST([1, NULL]) AS x', 'list'],
    ['SELECT STRUCT([1, NULL] AS inside) AS outside', 'outside.inside'],
    ['SELECT [STRUCT(1 AS a), NULL] AS list', 'list'],
    ['CREATE TABLE caec_raw.nulls AS SELECT [1, NULL] AS list', 'list'],
    ['INSERT INTO caec_raw.lists VALUES (1, [2, NULL])', 'list'],
  ])('is no result and is not stored: %s', async (sql, column) => {
    const { status, body } = await cloud.query('data-eng', sql)
    expect({ status, reason: body.error?.errors[0].reason, message: body.error?.message }).toEqual({
      status: 400,
      reason: 'invalidQuery',
      message: refusal(column),
    })
  })

  it('changes nothing when it fails', async () => {
    await cloud.query('data-eng', 'INSERT INTO caec_raw.lists VALUES (7, [1])')
    expect(
      (await cloud.query('data-eng', 'UPDATE caec_raw.lists SET list = [1, NULL] WHERE TRUE')).status,
    ).toBe(400)
    expect((await cloud.query('data-eng', 'SELECT id, ARRAY_LENGTH(list) FROM caec_raw.lists')).rows).toEqual(
      [['7', '1']],
    )
    expect((await cloud.query('data-eng', 'SELECT 1 FROM caec_raw.nulls')).status).toBe(404)
  })

  it('may be used inside the query', async () => {
    expect(
      (
        await cloud.query(
          'data-eng',
          'SELECT ARRAY_LENGTH([1, NULL]), (SELECT COUNT(*) FROM UNNEST([1, NULL]))',
        )
      ).rows,
    ).toEqual([['2', '2']])
  })
})

describe('a NULL array', () => {
  it('is stored as an empty one', async () => {
    await cloud.query(
      'data-eng',
      'CREATE TABLE caec_raw.empty AS SELECT CAST(NULL AS ARRAY<INT64>) AS list, 1 AS id',
    )
    await cloud.query('data-eng', 'INSERT INTO caec_raw.empty (id) VALUES (2)')
    expect(
      (
        await cloud.query(
          'data-eng',
          'SELECT id, list IS NULL, ARRAY_LENGTH(list) FROM caec_raw.empty ORDER BY id',
        )
      ).rows,
    ).toEqual([
      ['1', 'false', '0'],
      ['2', 'false', '0'],
    ])
  })

  it.each([
    ['a STRUCT', "STRUCT(CAST(NULL AS ARRAY<INT64>) AS list, 'x' AS text)", 'nested.list', 'nested.text'],
    [
      'a STRUCT in a STRUCT',
      "STRUCT(STRUCT(CAST(NULL AS ARRAY<INT64>) AS list) AS inner_, 'x' AS text)",
      'nested.inner_.list',
      'nested.text',
    ],
    [
      'an ARRAY of STRUCT',
      "[STRUCT(CAST(NULL AS ARRAY<STRING>) AS list, 'x' AS text), STRUCT(['a'], 'y')]",
      'nested[OFFSET(0)].list',
      'nested[OFFSET(0)].text',
    ],
  ])('is stored as an empty one inside %s', async (_, value, list, text) => {
    await cloud.query('data-eng', `CREATE OR REPLACE TABLE caec_raw.settled AS SELECT ${value} AS nested`)
    const { rows } = await cloud.query(
      'data-eng',
      `SELECT ${list} IS NULL, ARRAY_LENGTH(${list}), ${text}, TO_JSON_STRING(${list}) FROM caec_raw.settled`,
    )
    expect(rows).toEqual([['false', '0', 'x', '[]']])
  })

  it('is stored as an empty one inside a STRUCT that DML writes; a NULL STRUCT stays NULL', async () => {
    await cloud.query(
      'data-eng',
      'CREATE OR REPLACE TABLE caec_raw.settled (id INT64, nested STRUCT<list ARRAY<INT64>, n INT64>)',
    )
    await cloud.query(
      'data-eng',
      'INSERT INTO caec_raw.settled VALUES (1, STRUCT(NULL, 5)), (2, NULL), (3, STRUCT([1], 6))',
    )
    await cloud.query('data-eng', 'UPDATE caec_raw.settled SET nested.list = NULL WHERE id = 3')
    expect(
      (
        await cloud.query(
          'data-eng',
          'SELECT id, nested IS NULL, ARRAY_LENGTH(nested.list), nested.n FROM caec_raw.settled ORDER BY id',
        )
      ).rows,
    ).toEqual([
      ['1', 'false', '0', '5'],
      ['2', 'true', null, null],
      ['3', 'false', '0', '6'],
    ])
  })
})

describe('a column name', () => {
  it.each(['a"b', 'a.b', 'a*b', 'a`b'.replace('`', '\\`'), 'a;b'])(
    'with a character BigQuery refuses is no column of a result: %s',
    async (name) => {
      const { status, body } = await cloud.query('data-eng', `SELECT 1 AS \`${name}\``)
      expect({ status, message: body.error?.message }).toEqual({
        status: 400,
        message: expect.stringMatching(/^Invalid field name "/),
      })
    },
  )
})
