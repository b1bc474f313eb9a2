/** The apply-ddl bundle makes datasets from CREATE SCHEMA, and the tables in them, in one run; it drops none. */
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Exchange } from '../../local/cloud/gateway.ts'
import { openBigQuery, type BigQueryCloud } from '../local/bigquery/bigquery-cloud.ts'
import { openProxy } from '../support/proxy.ts'
import { errorOf, runBundle } from '../support/runner.ts'
import { signIn, type SignedInJob } from '../support/signed-in-job.ts'

const exchanges: Exchange[] = []
let cloud: BigQueryCloud
let job: SignedInJob
beforeAll(async () => {
  cloud = await openBigQuery({ onExchange: (exchange) => exchanges.push(exchange) })
  job = await signIn(cloud, 'ci-test')
})
afterAll(() => Promise.all([job.close(), cloud.close()]))

const dataset = async (id: string) => (await cloud.api('ci-test', 'GET', `/datasets/${id}`)).body
async function applied(
  files: Record<string, string>,
  inputs: Record<string, string> = {},
  env: Record<string, string> = {},
) {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(job.workspace, 'ddl', name)), { recursive: true })
    await writeFile(join(job.workspace, 'ddl', name), text)
  }
  exchanges.length = 0
  const result = await runBundle('apply-ddl', {
    job,
    env: { ...job.env, ...env },
    with: { source: 'ddl', location: 'us-central1', variables: 'env=dev', ...inputs },
  })
  const steps = (
    JSON.parse(result.outputs.plan ?? '{"steps":[]}') as { steps: { kind: string; target: string }[] }
  ).steps
  return {
    ...{ log: result.log, summary: result.summary, digest: result.outputs['plan-digest'] ?? '' },
    said: [result.exitCode, errorOf(result), steps.map(({ kind, target }) => `${kind} ${target}`)],
    writes: exchanges
      .filter(({ service, method }) => service === 'bigquery' && method !== 'GET')
      .map(({ id }) => id),
  }
}

it('makes a dataset and then its table, changes what the file names, and sends no query without a difference', async () => {
  const files = {
    'shop.sql': 'CREATE SCHEMA IF NOT EXISTS shop OPTIONS (description="Orders", labels=[("env", "${env}")])',
    'shop/orders.sql': 'CREATE OR REPLACE TABLE shop.orders (id INT64)',
  }
  const all = (kind: string) => [0, '', [`${kind} shop`, `${kind} shop.orders`]]
  expect((await applied(files, { 'dry-run': 'true' })).said).toEqual(all('create'))
  // The answer to its insert is lost: what is there carries the labels of this run.
  let lost = 0
  const proxy = await openProxy(cloud.origin, async (request, _reply, _body, forward) => {
    if (request.method !== 'POST' || !/\/datasets(\?|$)/.test(request.url!) || (lost += 1) > 1) return false
    await forward()
    request.socket.destroy()
    return true
  })
  const at = { CLOUDSDK_API_ENDPOINT_OVERRIDES_BIGQUERY: proxy.origin }
  const first = await applied({}, {}, at)
  proxy.close()
  expect([first.said, lost]).toEqual([all('create'), 2])
  expect(await dataset('shop')).toMatchObject({
    location: 'us-central1',
    description: 'Orders',
    labels: { env: 'dev', 'clickstream-change': 'create', 'managed-by': 'clickstream-actions' },
  })
  expect(await applied({})).toMatchObject({ said: all('keep'), writes: [] })
  await cloud.api('ci-test', 'PATCH', '/datasets/shop', { friendlyName: 'By hand', labels: { theirs: 'x' } })
  const changed = await applied({ 'shop.sql': files['shop.sql'].replace('Orders', 'All orders') })
  expect(changed).toMatchObject({
    said: [0, '', ['update shop', 'keep shop.orders']],
    writes: ['bigquery.datasets.patch'],
  })
  expect(await dataset('shop')).toMatchObject({
    description: 'All orders',
    friendlyName: 'By hand',
    labels: { env: 'dev', theirs: 'x', 'clickstream-change': 'update' },
  })
})

it("refuses another owner's dataset, also with adopt", async () => {
  const file = { 'shop.sql': 'CREATE SCHEMA shop OPTIONS (description="Mine")' }
  const foreign = await applied(file, { owner: 'another', adopt: 'true' })
  expect(foreign.said.slice(0, 2)).toEqual([
    1,
    expect.stringMatching(/shop: belongs to owner [\s\S]*#foreign-table/),
  ])
  expect(foreign.writes).toEqual([])
})

it('makes copies of a table and a key to it in the run that makes the table, each behind it', async () => {
  const files = {
    'copies.sql': 'CREATE SCHEMA copies',
    'copies/a_child.sql':
      'CREATE TABLE copies.a_child (id INT64, FOREIGN KEY (id) REFERENCES copies.base (id) NOT ENFORCED)',
    'copies/a_clone.sql': 'CREATE TABLE copies.a_clone CLONE copies.base',
    'copies/a_copy.sql': 'CREATE TABLE copies.a_copy COPY `caec-local.copies.a_clone`',
    'copies/a_like.sql': 'CREATE TABLE copies.a_like LIKE copies.base',
    'copies/a_snapshot.sql': 'CREATE SNAPSHOT TABLE copies.a_snapshot CLONE copies.base',
    'copies/base.sql': 'CREATE TABLE copies.base (id INT64, PRIMARY KEY (id) NOT ENFORCED)',
  }
  await rm(join(job.workspace, 'ddl'), { recursive: true })
  const order = ['base', 'a_child', 'a_clone', 'a_copy', 'a_like', 'a_snapshot'].map(
    (name) => `copies.${name}`,
  )
  const all = (kind: string) => [0, '', [`${kind} copies`, ...order.map((name) => `${kind} ${name}`)]]
  const dry = await applied(files, { 'dry-run': 'true' })
  expect(dry.said).toEqual(all('create'))
  expect(dry.log).toContain('BigQuery was not asked about copies.base, copies.a_child')
  const made = await applied({}, { 'expected-plan': dry.digest })
  expect(made.said).toEqual(all('create'))
  const { body } = await cloud.api('ci-test', 'GET', '/datasets/copies/tables/a_child')
  expect(body.tableConstraints.foreignKeys[0].referencedTable.tableId).toBe('base')
  expect(await applied({})).toMatchObject({ said: all('keep'), writes: [] })
  for (const name of ['by_hand', 'equal'])
    expect((await cloud.query('ci-test', `CREATE TABLE copies.${name} (id INT64)`)).status).toBe(200)
  const look = await applied(
    { 'copies/equal.sql': 'CREATE TABLE copies.equal (id INT64)' },
    { 'dry-run': 'true' },
  )
  expect(look.summary).toContain('adopt 1 / change 0 / conflict 0 / leave 1')
  const wrong = await applied(
    { 'copies/b.sql': 'CREATE TABLE copies.b LIKE copies.not_there' },
    { 'dry-run': 'true' },
  )
  expect(wrong.said.slice(0, 2)).toEqual([
    1,
    expect.stringMatching(/refuses 1 of 2 to create or change: ddl\/copies\/b\.sql: [\s\S]*not_there/),
  ])
})
