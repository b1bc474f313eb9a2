/** Scripts with control flow: variables, branches, loops, exceptions, temporary tables, EXECUTE IMMEDIATE. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { asDataEngineer, openBigQuery, type BigQueryCloud } from './bigquery-cloud.ts'

let cloud: BigQueryCloud
const { refusal } = asDataEngineer(() => cloud)
beforeAll(async () => {
  cloud = await openBigQuery()
  await cloud.query('data-eng', 'CREATE TABLE caec_raw.log (n INT64, s STRING)')
})
afterAll(() => cloud.close())

async function sql(text: string, more: Record<string, unknown> = {}): Promise<unknown[][]> {
  const { status, body, rows } = await cloud.query('data-eng', text, more)
  if (status !== 200) throw new Error(body.error.message)
  return rows
}

describe('control flow', () => {
  it.each([
    [
      'IF',
      "DECLARE x INT64 DEFAULT 7; DECLARE r STRING; IF x > 10 THEN SET r = 'much'; ELSEIF x > 5 THEN SET r = 'some'; ELSE SET r = 'few'; END IF; SELECT r",
      'some',
    ],
    ['IF without a branch', 'DECLARE x INT64 DEFAULT 1; IF x IS NULL THEN SET x = 2; END IF; SELECT x', '1'],
    [
      'CASE of conditions',
      "DECLARE x INT64 DEFAULT 2; CASE WHEN x = 1 THEN SELECT 'one'; WHEN x = 2 THEN SELECT 'two'; ELSE SELECT 'more'; END CASE",
      'two',
    ],
    [
      'CASE of a value',
      "DECLARE x INT64 DEFAULT 3; CASE x WHEN 1 THEN SELECT 'one'; ELSE SELECT 'more'; END CASE",
      'more',
    ],
    [
      'LOOP and LEAVE',
      'DECLARE x INT64 DEFAULT 0; LOOP SET x = x + 1; IF x >= 5 THEN LEAVE; END IF; END LOOP; SELECT x',
      '5',
    ],
    [
      'WHILE and ITERATE',
      'DECLARE x, y INT64 DEFAULT 0; WHILE x < 5 DO SET x = x + 1; IF MOD(x, 2) = 0 THEN CONTINUE; END IF; SET y = y + x; END WHILE; SELECT y',
      '9',
    ],
    ['REPEAT', 'DECLARE x INT64 DEFAULT 0; REPEAT SET x = x + 2; UNTIL x > 4 END REPEAT; SELECT x', '6'],
    [
      'labels',
      'DECLARE x INT64 DEFAULT 0; outside: LOOP LOOP SET x = x + 1; IF x > 3 THEN LEAVE outside; END IF; END LOOP; END LOOP outside; SELECT x',
      '4',
    ],
    [
      'FOR',
      "DECLARE r STRING DEFAULT ''; FOR item IN (SELECT n, CONCAT('v', CAST(n AS STRING)) AS s FROM UNNEST([3, 1, 2]) AS n ORDER BY n) DO SET r = CONCAT(r, item.s, '-', CAST(item.n AS STRING), ' '); END FOR; SELECT r",
      'v1-1 v2-2 v3-3 ',
    ],
    [
      'blocks',
      'DECLARE x INT64 DEFAULT 1; BEGIN DECLARE y INT64 DEFAULT 2; SET x = x + y; END; BEGIN DECLARE y INT64 DEFAULT 10; SET x = x + y; END; SELECT x',
      '13',
    ],
    ['RETURN', 'SELECT 1; RETURN; SELECT 2', '1'],
    [
      'exceptions',
      "DECLARE m STRING; BEGIN SELECT 1 / 0; EXCEPTION WHEN ERROR THEN SET m = @@error.message; END; SELECT STARTS_WITH(m, 'division by zero')",
      'true',
    ],
    [
      'RAISE',
      "DECLARE m STRING; BEGIN RAISE USING MESSAGE = CONCAT('bad ', 'day'); EXCEPTION WHEN ERROR THEN SET m = @@error.message; END; SELECT STARTS_WITH(m, 'bad day')",
      'true',
    ],
    ['row counts', "INSERT INTO caec_raw.log VALUES (1, 'a'), (2, 'b'); SELECT @@row_count", '2'],
  ])('runs %s', async (_, text, answer) => {
    expect(await sql(text)).toEqual([[answer]])
  })

  it('runs statements made of text, with parameters and into variables', async () => {
    await sql("TRUNCATE TABLE caec_raw.log; INSERT INTO caec_raw.log VALUES (1, 'a'), (2, 'b'), (3, 'b')")
    expect(
      await sql(
        "DECLARE t STRING DEFAULT 'caec_raw.log'; DECLARE n, m INT64; EXECUTE IMMEDIATE CONCAT('SELECT COUNT(*), MAX(n) FROM ', t, ' WHERE n > ? AND s = ?') INTO n, m USING 1, 'b'; SELECT n, m",
      ),
    ).toEqual([['2', '3']])
    await sql("EXECUTE IMMEDIATE 'INSERT INTO caec_raw.log VALUES (@n, @s)' USING 9 AS n, 'z' AS s")
    expect(await sql('SELECT s FROM caec_raw.log WHERE n = 9')).toEqual([['z']])
    expect(await refusal("EXECUTE IMMEDIATE 'SELECT 1; SELECT 2'")).toContain('one SQL statement')
    expect(await refusal("DECLARE s STRING; EXECUTE IMMEDIATE 'SELECT 1' INTO s")).toContain(
      'cannot take a value of type INT64',
    )
  })

  it.each([
    ['LEAVE', 'only allowed inside of a loop'],
    ['IF 1 THEN SELECT 1; END IF', 'must be a BOOL'],
    ['DECLARE x INT64; BEGIN DECLARE x INT64; END', "Variable 'x' redeclared"],
    ['BEGIN DECLARE y INT64; END; SELECT y', 'Unrecognized name: y'],
    ['SELECT 1; DECLARE x INT64', 'only at the start of a block'],
    ['LOOP SELECT 1; END', 'Expected keyword END LOOP'],
    ['RAISE', 'Cannot re-raise'],
  ])('refuses %s', async (text, message) => {
    expect(await refusal(text)).toContain(message)
  })

  it('ends a loop that asks for nothing when its job is cancelled', async () => {
    const { body } = await cloud.api('data-eng', 'POST', '/jobs', {
      configuration: { query: { query: 'LOOP END LOOP', useLegacySql: false } },
    })
    await cloud.api('data-eng', 'POST', `/jobs/${body.jobReference.jobId}/cancel?location=us-central1`)
    expect((await cloud.finished('data-eng', body)).status.errorResult.reason).toBe('stopped')
  })
})

describe('temporary tables', () => {
  it('live as long as their script, and their names win', async () => {
    const defaultDataset = { projectId: cloud.project, datasetId: 'caec_raw' }
    expect(
      await sql(
        'CREATE TEMP TABLE log AS SELECT 5 AS n UNION ALL SELECT 6; INSERT INTO log VALUES (7); CREATE OR REPLACE TEMPORARY TABLE total AS SELECT SUM(n) AS s FROM _SESSION.log; SELECT s FROM total',
        { defaultDataset },
      ),
    ).toEqual([['18']])
    expect((await cloud.query('data-eng', 'SELECT * FROM total', { defaultDataset })).status).toBe(404)
    const { body } = await cloud.api('data-eng', 'GET', '/datasets?all=true')
    expect(JSON.stringify(body)).not.toContain('_script')
    expect(await refusal('CREATE TEMP TABLE alone AS SELECT 1 AS x')).toContain(
      'requires a script or session',
    )
    expect(await refusal('CREATE TEMP TABLE caec_raw.x AS SELECT 1 AS x; SELECT 1')).toContain(
      'cannot have a dataset',
    )
  })
})

describe('positional parameters', () => {
  it('count on through a script', async () => {
    const value = (text: string) => ({ parameterType: { type: 'STRING' }, parameterValue: { value: text } })
    expect(
      await sql('SELECT ?; SELECT ?', {
        parameterMode: 'POSITIONAL',
        queryParameters: [value('a'), value('b')],
      }),
    ).toEqual([['b']])
  })
})
