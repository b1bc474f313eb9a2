/** The apply-ddl bundle's ALTERs against the local cloud: a table with rows becomes what its file says, and stays so. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openBigQuery, type BigQueryCloud } from '../local/bigquery/bigquery-cloud.ts'
import { openProxy } from '../support/proxy.ts'
import { errorOf, runBundle, type RunResult } from '../support/runner.ts'
import { signIn, type SignedInJob } from '../support/signed-in-job.ts'

let cloud: BigQueryCloud
let job: SignedInJob
beforeAll(async () => {
  cloud = await openBigQuery()
  job = await signIn(cloud)
})
afterAll(() => Promise.all([job.close(), cloud.close()]))

async function applyDdl(
  text: string,
  inputs: Record<string, string> = {},
  table = 'orders',
): Promise<RunResult> {
  await mkdir(join(job.workspace, 'ddl/caec_raw'), { recursive: true })
  await writeFile(join(job.workspace, `ddl/caec_raw/${table}.sql`), text)
  return runBundle('apply-ddl', {
    job,
    env: job.env,
    with: { source: 'ddl', location: 'us-central1', ...inputs },
  })
}

describe('a table file that changes', () => {
  it('renames, widens, adds inside STRUCT, sets defaults and keys by ALTER, and then finds nothing to do', async () => {
    const first = await applyDdl(
      'CREATE TABLE caec_raw.orders (id INT64 NOT NULL, note STRING(10), total INT64, buyer STRUCT<name STRING>, day DATE) PARTITION BY day',
    )
    expect([first.exitCode, errorOf(first)]).toEqual([0, ''])
    await cloud.query('data-eng', "INSERT INTO caec_raw.orders VALUES (1, 'a', 7, STRUCT('x'), '2020-01-01')")
    const text =
      "CREATE TABLE caec_raw.orders (id INT64, remark STRING(20) DEFAULT 'none', -- renamed from: note\n total NUMERIC, buyer STRUCT<name STRING, mail STRING>, day DATE, PRIMARY KEY (id) NOT ENFORCED) PARTITION BY day"
    const second = await applyDdl(text, { 'allow-breaking': 'true' })
    expect([second.exitCode, errorOf(second)]).toEqual([0, ''])
    expect(second.log).toContain('RENAME COLUMN')
    await cloud.query('data-eng', "INSERT INTO caec_raw.orders (id, day) VALUES (2, '2020-01-01')")
    const { rows } = await cloud.query(
      'data-eng',
      "SELECT id, remark, total / 2, buyer.name, buyer.mail FROM caec_raw.orders WHERE day = '2020-01-01' ORDER BY id",
    )
    expect(rows).toEqual([
      ['1', 'a', '3.5', 'x', null],
      ['2', 'none', null, null, null],
    ])
    const third = await applyDdl(text)
    expect([third.exitCode, third.outputs.unchanged]).toEqual([0, '1'])
  })
})

it('tells of a default and a key that somebody changed by hand, and takes them back only where that is allowed', async () => {
  const text =
    "CREATE TABLE caec_raw.tariffs (id INT64, word STRING DEFAULT 'a', PRIMARY KEY (id) NOT ENFORCED)"
  const first = await applyDdl(text, {}, 'tariffs')
  expect([first.exitCode, errorOf(first)]).toEqual([0, ''])
  for (const words of ["ALTER COLUMN word SET DEFAULT 'by hand'", 'DROP PRIMARY KEY'])
    expect((await cloud.query('data-eng', `ALTER TABLE caec_raw.tariffs ${words}`)).status).toBe(200)
  const told = await applyDdl(text, {}, 'tariffs')
  expect([told.exitCode, errorOf(told)]).toEqual([
    1,
    expect.stringContaining(
      'caec_raw.tariffs: was changed by somebody else since it was applied (keys, defaults): sets the default of column word, primary key id instead of none',
    ),
  ])
  const taken = await applyDdl(text, { adopt: 'true' }, 'tariffs')
  expect([taken.exitCode, errorOf(taken), taken.outputs.updated]).toEqual([0, '', '1'])
  const last = await applyDdl(text, {}, 'tariffs')
  expect([last.exitCode, errorOf(last), last.outputs.updated]).toEqual([0, '', '0'])
  await rm(join(job.workspace, 'ddl/caec_raw/tariffs.sql'))
})

it('asks for eight things at a time', async () => {
  const names = Array.from({ length: 12 }, (_, index) => `n${index}`)
  await mkdir(join(job.workspace, 'many/caec_raw'), { recursive: true })
  for (const name of names)
    await writeFile(
      join(job.workspace, `many/caec_raw/${name}.sql`),
      `CREATE TABLE caec_raw.${name} (a INT64)`,
    )
  let [open, most] = [0, 0]
  const slow = await openProxy(cloud.origin, async () => {
    most = Math.max(most, (open += 1))
    await new Promise((done) => setTimeout(done, 100))
    open -= 1
    return false
  })
  const result = await runBundle('apply-ddl', {
    job,
    env: { ...job.env, CLOUDSDK_API_ENDPOINT_OVERRIDES_BIGQUERY: slow.origin },
    with: { source: 'many', location: 'us-central1', 'dry-run': 'true' },
  })
  slow.close()
  expect([result.exitCode, errorOf(result), result.outputs.created, most]).toEqual([0, '', '12', 8])
})

it('makes an external table once, tells later that its file changed, and reads what its files hold', async () => {
  const name = encodeURIComponent('rates/a.csv')
  const object = `/upload/storage/v1/b/caec-local-lake/o?uploadType=media&name=${name}`
  await cloud.fetchAs('data-eng', object, { method: 'POST', body: 'id\n7\n' })
  const text = (more: string) =>
    `CREATE EXTERNAL TABLE caec_raw.rates (id INT64) OPTIONS (uris = ['gs://caec-local-lake/rates/*'], format = 'CSV', skip_leading_rows = 1${more})`
  const first = await applyDdl(text(''), {}, 'rates')
  expect([first.exitCode, errorOf(first), first.outputs.created]).toEqual([0, '', '1'])
  expect((await cloud.query('data-eng', 'SELECT id FROM caec_raw.rates')).rows).toEqual([['7']])
  const again = await applyDdl(text(''), {}, 'rates')
  expect([again.exitCode, again.outputs.unchanged]).toEqual([0, '2'])
  const changed = await applyDdl(text(", description = 'more'"), {}, 'rates')
  expect([changed.exitCode, errorOf(changed)]).toEqual([0, ''])
  expect(changed.log + changed.summary).toMatch(/rates[^\n]*its file changed since, which is not applied/)
})
