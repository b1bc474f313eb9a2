/** Stored procedures: made, listed, called with IN, OUT and INOUT, and dropped. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { asDataEngineer, openBigQuery, type BigQueryCloud } from './bigquery-cloud.ts'

let cloud: BigQueryCloud
const { refusal } = asDataEngineer(() => cloud)
beforeAll(async () => {
  cloud = await openBigQuery()
  await sql('CREATE TABLE caec_raw.customers (customer_id STRING, name STRING)')
})
afterAll(() => cloud.close())

async function sql(text: string, more: Record<string, unknown> = {}): Promise<unknown[][]> {
  const { status, body, rows } = await cloud.query('data-eng', text, more)
  if (status !== 200) throw new Error(body.error.message)
  expect(body.jobComplete).toBe(true)
  return rows
}

// https://cloud.google.com/bigquery/docs/procedures
describe('a procedure', () => {
  it('takes values in and gives values out', async () => {
    await sql(
      "CREATE OR REPLACE PROCEDURE caec_raw.create_customer(name STRING, OUT id STRING) BEGIN SET id = CONCAT('c-', name); INSERT INTO caec_raw.customers (customer_id, name) VALUES(id, name); SELECT FORMAT('Created customer %s (%s)', id, name); END",
    )
    expect(
      await sql(
        "DECLARE id STRING; CALL caec_raw.create_customer('alex', id); SELECT id, (SELECT ANY_VALUE(customer_id) FROM caec_raw.customers)",
      ),
    ).toEqual([['c-alex', 'c-alex']])
    expect(await sql("DECLARE x STRING; CALL caec_raw.create_customer('kim', x)")).toEqual([
      ['Created customer c-kim (kim)'],
    ])
  })

  it('calls itself, each call with variables of its own', async () => {
    await sql(
      'CREATE PROCEDURE caec_raw.factorial(n INT64, OUT result INT64) OPTIONS(strict_mode=FALSE) BEGIN DECLARE smaller INT64; IF n <= 1 THEN SET result = 1; RETURN; END IF; CALL caec_raw.factorial(n - 1, smaller); SET result = n * smaller; END',
    )
    expect(await sql('DECLARE n INT64; CALL caec_raw.factorial(4, n); SELECT n')).toEqual([['24']])
    await sql(
      'CREATE PROCEDURE caec_raw.forever() OPTIONS(strict_mode=FALSE) BEGIN CALL caec_raw.forever(); END',
    )
    expect(await refusal('CALL caec_raw.forever()')).toContain('deeper than 50')
  })

  it('changes what is INOUT, by its own rules of coercion, and sees no variable of the caller', async () => {
    await sql(
      'CREATE PROCEDURE caec_raw.add_to(delta FLOAT64, INOUT x FLOAT64) BEGIN DECLARE y FLOAT64 DEFAULT x; SET x = y + delta; END',
    )
    expect(await sql('DECLARE x, y FLOAT64 DEFAULT 1.5; CALL caec_raw.add_to(2, x); SELECT x, y')).toEqual([
      ['3.5', '1.5'],
    ])
    await sql('CREATE PROCEDURE caec_raw.blind() OPTIONS(strict_mode=FALSE) BEGIN SELECT hidden; END')
    expect(await refusal('DECLARE hidden INT64 DEFAULT 1; CALL caec_raw.blind()')).toContain(
      'Unrecognized name: hidden',
    )
    expect(await refusal('CALL caec_raw.add_to(1, 2)')).toContain('it needs a variable')
    expect(await refusal('CALL caec_raw.add_to(1)')).toContain('2 expected, 1 given')
    expect(await refusal("DECLARE x FLOAT64; CALL caec_raw.add_to('a', x)")).toContain('FLOAT64')
    expect(await refusal('DECLARE x STRING; CALL caec_raw.add_to(1, x)')).toContain('FLOAT64')
    expect(await refusal('CALL caec_raw.missing()')).toContain('Procedure is not found')
    expect(await refusal('SELECT caec_raw.blind()')).toContain('is called by CALL')
  })

  it('leaves its error to the caller, whose variables stay as they were', async () => {
    await sql(
      "CREATE PROCEDURE caec_raw.fails(OUT x INT64) BEGIN SET x = 5; RAISE USING MESSAGE = 'not today'; END",
    )
    expect(
      await sql(
        "DECLARE x INT64 DEFAULT 1; BEGIN CALL caec_raw.fails(x); EXCEPTION WHEN ERROR THEN SELECT x, STARTS_WITH(@@error.message, 'not today'); END",
      ),
    ).toEqual([['1', 'true']])
  })

  it('shares temporary tables with its caller, takes the default dataset, and is called from text', async () => {
    await sql(
      'CREATE PROCEDURE caec_raw.fill(n INT64) BEGIN CREATE TEMP TABLE filled AS SELECT x FROM UNNEST(GENERATE_ARRAY(1, n)) AS x; END',
    )
    const defaultDataset = { projectId: cloud.project, datasetId: 'caec_raw' }
    expect(await sql('CALL fill(3); SELECT SUM(x) FROM filled', { defaultDataset })).toEqual([['6']])
    expect(await sql("EXECUTE IMMEDIATE 'CALL caec_raw.fill(?)' USING 4; SELECT SUM(x) FROM filled")).toEqual(
      [['10']],
    )
  })

  it('is checked when it is made', async () => {
    for (const [body, message] of [
      ['SELECT x FROM caec_raw.nowhere', 'Not found: Table'],
      ['SELECT hidden', 'Unrecognized name: hidden'],
      ['DECLARE n INT64', "Variable 'n' redeclared"],
      ['IF n > 1 THEN SET m = 1; END IF', 'Undeclared variable: m'],
      ['SELECT FROM', 'Syntax error'],
    ] as const) {
      const text = `CREATE PROCEDURE caec_raw.wrong(n INT64) BEGIN ${body}; END`
      expect((await cloud.query('data-eng', text)).body.error.message).toContain(message)
    }
    expect(await refusal('CREATE PROCEDURE caec_raw.wrong(n INT64, n STRING) BEGIN SELECT 1; END')).toContain(
      'Duplicate argument name',
    )
    await sql(
      'CREATE PROCEDURE caec_raw.later() OPTIONS(strict_mode=FALSE) BEGIN SELECT * FROM caec_raw.nowhere; END',
    )
  })

  it('is a routine of type PROCEDURE for REST and INFORMATION_SCHEMA', async () => {
    const { body } = await cloud.api('data-eng', 'GET', '/datasets/caec_raw/routines/add_to')
    expect(body).toMatchObject({
      routineType: 'PROCEDURE',
      language: 'SQL',
      arguments: [
        { name: 'delta', dataType: { typeKind: 'FLOAT64' } },
        { name: 'x', mode: 'INOUT', dataType: { typeKind: 'FLOAT64' } },
      ],
      definitionBody: 'BEGIN DECLARE y FLOAT64 DEFAULT x; SET x = y + delta; END',
    })
    const made = await cloud.api('data-eng', 'POST', '/datasets/caec_raw/routines', {
      routineReference: { projectId: cloud.project, datasetId: 'caec_raw', routineId: 'by_rest' },
      routineType: 'PROCEDURE',
      language: 'SQL',
      strictMode: false,
      arguments: [{ name: 'x', mode: 'OUT', dataType: { typeKind: 'INT64' } }],
      definitionBody: 'SET x = 4;',
    })
    expect([made.status, made.body.strictMode]).toEqual([200, false])
    expect(await sql('DECLARE n INT64; CALL caec_raw.by_rest(n); SELECT n')).toEqual([['4']])
    expect(
      await sql(
        "SELECT routine_type, ddl FROM caec_raw.INFORMATION_SCHEMA.ROUTINES WHERE routine_name = 'by_rest'",
      ),
    ).toEqual([
      [
        'PROCEDURE',
        'CREATE PROCEDURE `caec-local.caec_raw.by_rest`(OUT x INT64)\nOPTIONS(strict_mode=false)\nBEGIN\nSET x = 4;\nEND;',
      ],
    ])
    expect(
      await sql(
        "SELECT parameter_mode, parameter_name FROM caec_raw.INFORMATION_SCHEMA.PARAMETERS WHERE specific_name = 'add_to' ORDER BY ordinal_position",
      ),
    ).toEqual([
      ['IN', 'delta'],
      ['INOUT', 'x'],
    ])
    expect(await refusal('DROP FUNCTION caec_raw.by_rest')).toContain('not of the kind')
    await sql('DROP PROCEDURE caec_raw.by_rest; DROP PROCEDURE IF EXISTS caec_raw.by_rest')
    expect(await refusal('CALL caec_raw.by_rest(1)')).toContain('Procedure is not found')
  })

  it('runs with the rights of its caller, who must be allowed to see it', async () => {
    await sql('CREATE PROCEDURE caec_raw.reads() BEGIN SELECT COUNT(*) FROM caec_raw.customers; END')
    const { status } = await cloud.query('analyst', 'CALL caec_raw.reads()')
    expect(status).toBe(403)
  })

  it('refreshes a materialized view, which is computed at each read', async () => {
    await sql('CREATE MATERIALIZED VIEW caec_raw.counted AS SELECT COUNT(*) AS n FROM caec_raw.customers')
    await sql("CALL BQ.REFRESH_MATERIALIZED_VIEW('caec-local.caec_raw.counted')")
    expect(await refusal("CALL BQ.REFRESH_MATERIALIZED_VIEW('caec_raw.customers')")).toContain(
      'not a materialized view',
    )
    expect(await refusal("CALL BQ.JOBS.CANCEL('a')")).toContain('CALL BQ.JOBS.CANCEL is not supported')
  })
})
