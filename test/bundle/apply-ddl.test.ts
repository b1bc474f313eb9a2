/**
 * The apply-ddl bundle against the local cloud's BigQuery: tables as they stand afterwards, with their rows,
 * signed in through the auth bundle.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import type { ChildProcess } from 'node:child_process'
import { cp, mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Exchange } from '../../local/cloud/gateway.ts'
import { openBigQuery, type BigQueryCloud } from '../local/bigquery/bigquery-cloud.ts'
import { repoRoot } from '../support/cloud.ts'
import { openProxy } from '../support/proxy.ts'
import { errorOf, runBundle, type RunOptions, type RunResult } from '../support/runner.ts'
import { signIn, type SignedInJob } from '../support/signed-in-job.ts'

const VISITS =
  'CREATE TABLE IF NOT EXISTS caec_raw.visits (day DATE, visitor INT64 NOT NULL) PARTITION BY day CLUSTER BY visitor;'
const CARTS = 'CREATE TABLE caec_raw.carts (item INT64)'
const exchanges: Exchange[] = []
let cloud: BigQueryCloud
let job: SignedInJob

beforeAll(async () => {
  cloud = await openBigQuery({ onExchange: (exchange) => exchanges.push(exchange) })
  job = await signIn(cloud)
})
afterAll(() => Promise.all([job.close(), cloud.close()]))
beforeEach(async () => {
  await rm(join(job.workspace, 'ddl'), { recursive: true, force: true })
  for (const name of await tableNames())
    await cloud.api('data-eng', 'DELETE', `/datasets/caec_raw/tables/${name}`)
  exchanges.length = 0
})

async function tableNames(): Promise<string[]> {
  const { body } = await cloud.api('data-eng', 'GET', '/datasets/caec_raw/tables')
  return (body.tables ?? [])
    .map(({ tableReference }: { tableReference: { tableId: string } }) => tableReference.tableId)
    .sort()
}
const shown = async (name: string) =>
  (await cloud.api('data-eng', 'GET', `/datasets/caec_raw/tables/${name}`)).body
async function write(files: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(job.workspace, 'ddl', name)), { recursive: true })
    await writeFile(join(job.workspace, 'ddl', name), text)
  }
}
async function sql(text: string): Promise<unknown[][]> {
  const { status, body, rows } = await cloud.query('data-eng', text)
  if (status !== 200) throw new Error(JSON.stringify(body))
  return rows
}
function applyDdl(
  inputs: Record<string, string> = {},
  env: Record<string, string> = {},
  by: SignedInJob = job,
  more: Partial<RunOptions> = {},
): Promise<RunResult> {
  return runBundle('apply-ddl', {
    job,
    ...more,
    env: { ...by.env, ...env },
    with: { source: 'ddl', location: 'us-central1', ...inputs },
  })
}
/** Requests that change something; a dry-run query job does not. */
const changes = () =>
  exchanges
    .filter(
      ({ service, method, id, requestJson }) =>
        service === 'bigquery' &&
        method !== 'GET' &&
        !(
          id === 'bigquery.jobs.insert' &&
          (requestJson as { configuration?: { dryRun?: boolean } }).configuration?.dryRun
        ),
    )
    .map(({ id }) => id)
const steps = (result: RunResult) =>
  (
    JSON.parse(result.outputs.plan!) as { steps: { kind: string; target: string; reason: string }[] }
  ).steps.map(({ kind, target, reason }) => `${kind} ${target}: ${reason}`)

describe('apply-ddl', () => {
  it('creates tables by name with the statements of their files, and changes nothing the second time', async () => {
    await write({ 'caec_raw/visits.sql': VISITS, 'caec_raw/carts.sql': CARTS })
    const first = await applyDdl()
    expect([first.exitCode, errorOf(first)]).toEqual([0, ''])
    expect(steps(first)).toEqual([
      'create caec_raw.carts: does not exist',
      'create caec_raw.visits: does not exist',
    ])
    expect(first.outputs).toMatchObject({ created: '2', updated: '0', unchanged: '0' })
    expect(first.summary).toContain('Tables applied')
    expect(await shown('visits')).toMatchObject({
      type: 'TABLE',
      timePartitioning: { type: 'DAY', field: 'day' },
      clustering: { fields: ['visitor'] },
      schema: {
        fields: [
          { name: 'day', type: 'DATE', mode: 'NULLABLE' },
          { name: 'visitor', type: 'INTEGER', mode: 'REQUIRED' },
        ],
      },
    })
    exchanges.length = 0
    const second = await applyDdl()
    expect(second.outputs).toMatchObject({ created: '0', updated: '0', unchanged: '2' })
    expect(changes()).toEqual([])
  })

  it('changes a table in place and keeps its rows', async () => {
    await write({ 'caec_raw/visits.sql': VISITS })
    await applyDdl()
    await sql("INSERT INTO caec_raw.visits (day, visitor) VALUES (DATE '2025-11-25', 7)")
    await write({
      'caec_raw/visits.sql': `CREATE TABLE caec_raw.visits (day DATE OPTIONS (description = 'UTC'), source STRING, visitor INT64)
      PARTITION BY day CLUSTER BY source, visitor OPTIONS (description = 'Who came.', labels = [('team', 'data')])`,
    })
    await cloud.api('data-eng', 'PATCH', '/datasets/caec_raw/tables/visits', { labels: { cost: 'theirs' } })
    exchanges.length = 0
    const result = await applyDdl()
    expect([result.exitCode, errorOf(result)]).toEqual([0, ''])
    expect(steps(result)).toEqual([
      'update caec_raw.visits: describes column day, lets column visitor be NULL, adds column source, clusters by source, visitor instead of visitor (rows written before stay as they lie), description changed, sets label team',
    ])
    expect(changes()).toEqual(['bigquery.tables.patch', 'bigquery.tables.patch'])
    expect(await shown('visits')).toMatchObject({
      description: 'Who came.',
      labels: { cost: 'theirs', team: 'data', 'clickstream-owner': expect.any(String) },
      clustering: { fields: ['source', 'visitor'] },
      schema: {
        fields: [
          { name: 'day', description: 'UTC' },
          { name: 'visitor', mode: 'NULLABLE' },
          { name: 'source', type: 'STRING', mode: 'NULLABLE' },
        ],
      },
    })
    expect(await sql('SELECT visitor, source FROM caec_raw.visits')).toEqual([['7', null]])
    expect((await applyDdl()).outputs).toMatchObject({ updated: '0', unchanged: '1' })
  })

  it('ends clustering, and changes partition expiration and filter only where that is allowed', async () => {
    await write({ 'caec_raw/visits.sql': VISITS })
    await applyDdl()
    await write({
      'caec_raw/visits.sql': `${VISITS.replace(' CLUSTER BY visitor;', '')} OPTIONS (partition_expiration_days = 30, require_partition_filter = TRUE)`,
    })
    expect(errorOf(await applyDdl())).toContain(
      'partitions expire after 30 days instead of never; BigQuery then deletes older rows by itself. Set allow-destructive: true if they may go.',
    )
    expect(errorOf(await applyDdl({ 'allow-destructive': 'true' }))).toContain(
      'Set allow-breaking: true if the readers are ready.',
    )
    const result = await applyDdl({ 'allow-destructive': 'true', 'allow-breaking': 'true' })
    expect([result.exitCode, errorOf(result)]).toEqual([0, ''])
    const table = await shown('visits')
    expect(table).toMatchObject({
      timePartitioning: { field: 'day', expirationMs: '2592000000' },
      requirePartitionFilter: true,
    })
    expect(table.clustering).toBeUndefined()
    expect((await applyDdl()).outputs).toMatchObject({ unchanged: '1' })
  })

  it('shows the plan and changes nothing in a dry run, as an identity that may not write, and holds the real run to it', async () => {
    const planner = await signIn(cloud, 'ci-plan')
    await write({ 'caec_raw/visits.sql': VISITS, 'caec_raw/carts.sql': CARTS })
    await sql(CARTS)
    exchanges.length = 0
    const dry = await applyDdl({ 'dry-run': 'true' }, {}, planner)
    await planner.close()
    expect([dry.exitCode, errorOf(dry)]).toEqual([0, ''])
    expect(changes()).toEqual([])
    expect(dry.outputs).toMatchObject({ created: '1', adopted: '1' })
    expect(dry.summary).toContain('nothing was changed')
    expect(await tableNames()).toEqual(['carts'])
    const digest = dry.outputs['plan-digest']!
    await write({ 'caec_raw/visits.sql': VISITS.replace('day DATE,', 'day DATE, more STRING,') })
    const refused = await applyDdl({ 'expected-plan': digest })
    expect([refused.exitCode, errorOf(refused), await tableNames()]).toEqual([
      1,
      expect.stringContaining(`reviewed was ${digest}`),
      ['carts'],
    ])
    await write({ 'caec_raw/visits.sql': VISITS })
    await sql('INSERT INTO caec_raw.carts (item) VALUES (1)')
    expect((await applyDdl({ 'expected-plan': digest })).outputs).toMatchObject({
      created: '1',
      adopted: '1',
    })
    expect((await applyDdl()).outputs).toMatchObject({ unchanged: '2' })
  })

  it('leaves what others made alone until it is adopted; writes a ledger; sees what is changed by hand', async () => {
    await sql(CARTS)
    await sql(
      'CREATE TABLE caec_raw.visits (day DATE, visitor INT64 NOT NULL, by_hand STRING) PARTITION BY day',
    )
    const labels = { 'managed-by': 'terraform', team: 'shop' }
    await cloud.api('data-eng', 'PATCH', '/datasets/caec_raw/tables/carts', { labels })
    await write({ 'caec_raw/visits.sql': VISITS, 'caec_raw/carts.sql': CARTS })
    const look = await applyDdl({ 'dry-run': 'true' })
    expect([look.exitCode, errorOf(look)]).toEqual([0, ''])
    expect(look.summary).toContain('adopt 1 / change 0 / conflict 1 / leave what has no file')
    exchanges.length = 0
    const refused = await applyDdl()
    expect([refused.exitCode, errorOf(refused), changes()]).toEqual([
      1,
      expect.stringMatching(
        /1 of 2 is not as this owner left it: caec_raw\.visits: was not made by this action: drops column by_hand, clusters by visitor instead of nothing[\s\S]*adopt: true[\s\S]*#unowned-table/,
      ),
      [],
    ])
    const adopted = await applyDdl(
      { adopt: 'true' },
      { GITHUB_RUN_ID: '77', GITHUB_RUN_ATTEMPT: '2', GITHUB_SHA: 'c0ffee'.repeat(6) },
    )
    expect([adopted.exitCode, errorOf(adopted), adopted.outputs.adopted]).toEqual([0, '', '2'])
    expect(await shown('visits')).toMatchObject({
      schema: { fields: [{ name: 'day' }, { name: 'visitor', mode: 'REQUIRED' }, { name: 'by_hand' }] },
      labels: {
        'managed-by': 'clickstream-actions',
        'clickstream-owner': expect.stringMatching(/-ddl-[0-9a-f]{8}$/),
        'clickstream-change': 'adopt',
        'clickstream-applied': expect.stringMatching(/^\d{8}t\d{6}z$/),
        'clickstream-run': '77-2',
        'clickstream-commit': 'c0ffee'.repeat(6),
        'clickstream-digest': expect.stringMatching(/^[0-9a-f]{40}$/),
      },
    })
    expect((await shown('carts')).labels).toMatchObject({
      ...labels,
      'clickstream-owner': expect.stringMatching(/-ddl-[0-9a-f]{8}$/),
    })
    exchanges.length = 0
    expect((await applyDdl()).outputs).toMatchObject({ unchanged: '2' })
    expect(changes()).toEqual([])
    await sql('ALTER TABLE caec_raw.carts ADD COLUMN note STRING')
    const drift = await applyDdl()
    expect(errorOf(drift)).toContain(
      'caec_raw.carts: was changed by somebody else since it was applied (structure): drops column note',
    )
    const other = await applyDdl({ owner: 'another', adopt: 'true' })
    expect(errorOf(other)).toMatch(/belongs to owner [\s\S]*#foreign-table/)
  })

  it('makes the tables of this repository', async () => {
    await cp(join(repoRoot, 'bigquery/ddl'), join(job.workspace, 'ddl'), { recursive: true })
    const result = await applyDdl()
    expect([result.exitCode, errorOf(result), result.outputs.created]).toEqual([0, '', '7'])
    expect((await applyDdl()).outputs).toMatchObject({ unchanged: '7' })
  })
})

describe('apply-ddl, when the world moves or a run ends early', () => {
  async function applyAgainst(
    isMoment: (method: string, url: string) => boolean,
    move: () => Promise<void>,
    more: Partial<RunOptions> = {},
  ): Promise<RunResult> {
    const racing = await openProxy(cloud.origin, async (request) => {
      if (isMoment(request.method ?? '', request.url ?? '')) await move()
      return false
    })
    const result = await applyDdl({}, { CLOUDSDK_API_ENDPOINT_OVERRIDES_BIGQUERY: racing.origin }, job, more)
    racing.close()
    return result
  }

  it('does not change a table that changed after it was read, and says what was done before', async () => {
    await write({ 'caec_raw/carts.sql': CARTS, 'caec_raw/visits.sql': VISITS })
    await applyDdl()
    await write({
      'caec_raw/carts.sql': CARTS.replace('(', '(more STRING, '),
      'caec_raw/visits.sql': VISITS.replace('(', '(more STRING, '),
    })
    const result = await applyAgainst(
      (method, url) => method === 'PATCH' && url.includes('/visits'),
      async () => {
        await cloud.api('data-eng', 'PATCH', '/datasets/caec_raw/tables/visits', { description: 'Theirs.' })
      },
    )
    expect([result.exitCode, errorOf(result)]).toEqual([
      1,
      expect.stringMatching(
        /^apply-ddl: Applying caec_raw\.visits: it changed after the plan was made \(\w+\); run again\.\nMore: \S+#conflict$/,
      ),
    ])
    expect(result.outputs).toMatchObject({ updated: '1' })
    expect(result.summary).toMatch(/caec&#95;raw\.visits<\/td>.*not reached/)
    expect((await shown('visits')).description).toBe('Theirs.')
    expect((await applyDdl()).outputs).toMatchObject({ updated: '1', unchanged: '1' })
  })

  it('does not take a table for its own that somebody else made meanwhile', async () => {
    await write({ 'caec_raw/visits.sql': VISITS })
    const skipped = await applyAgainst(
      (method, url) => method === 'POST' && url.includes('/queries'),
      async () => {
        await sql('CREATE TABLE caec_raw.visits (other STRING)')
      },
    )
    expect([skipped.exitCode, errorOf(skipped)]).toEqual([
      1,
      expect.stringContaining(
        'the table that is there now is not what ddl/caec_raw/visits.sql says: it has column other',
      ),
    ])
    await write({ 'caec_raw/visits.sql': CARTS.replace('carts', 'visits') })
    await cloud.api('data-eng', 'DELETE', '/datasets/caec_raw/tables/visits')
    const taken = await applyAgainst(
      (method, url) => method === 'POST' && url.includes('/jobs'),
      async () => {
        await sql('CREATE TABLE caec_raw.visits (other STRING)')
      },
    )
    expect([taken.exitCode, errorOf(taken)]).toEqual([
      1,
      expect.stringContaining(
        'Applying caec_raw.visits: it changed after the plan was made (duplicate); run again.',
      ),
    ])
  })

  it('stops between two tables when the run is cancelled; the next run makes the rest', async () => {
    await write({ 'caec_raw/carts.sql': CARTS, 'caec_raw/visits.sql': VISITS })
    let child: ChildProcess | undefined
    let log = () => ''
    const result = await applyAgainst(
      (method, url) => method === 'POST' && url.includes('/queries'),
      async () => {
        child!.kill('SIGINT')
        while (!log().includes('Received SIGINT'))
          await new Promise((done) => child!.stdout!.once('data', done))
      },
      {
        onStart: (started, output) => {
          ;[child, log] = [started, output]
        },
      },
    )
    expect([result.exitCode, await tableNames()]).toEqual([130, ['carts']])
    expect(errorOf(result)).toContain(
      'Applying the plan: the run was cancelled; 1 of 2 steps are done; run again for the rest, what is done stays.',
    )
    expect(result.outputs).toMatchObject({ created: '1' })
    expect((await applyDdl()).outputs).toMatchObject({ created: '1', unchanged: '1' })
  })
})

describe('apply-ddl refuses', () => {
  it('what would lose rows, and leaves the table alone', async () => {
    await write({ 'caec_raw/visits.sql': VISITS })
    await applyDdl()
    await write({ 'caec_raw/visits.sql': 'CREATE TABLE caec_raw.visits (visitor STRING)' })
    exchanges.length = 0
    const result = await applyDdl({ 'allow-breaking': 'true', 'allow-destructive': 'true' })
    expect([result.exitCode, errorOf(result)]).toEqual([
      1,
      expect.stringMatching(
        /drops column day, changes column visitor from INT64 to STRING, partitions by nothing instead of DAY of day; that would lose or rewrite rows[\s\S]*ALTER TABLE/,
      ),
    ])
    expect(changes()).toEqual([])
  })

  it('a view of the same name', async () => {
    await cloud.api('data-eng', 'POST', '/datasets/caec_raw/tables', {
      tableReference: { projectId: 'caec-local', datasetId: 'caec_raw', tableId: 'visits' },
      view: { query: 'SELECT 1 AS a', useLegacySql: false },
    })
    await write({ 'caec_raw/visits.sql': VISITS })
    expect(errorOf(await applyDdl())).toContain(
      'there is a view of this name, and apply-ddl changes tables only',
    )
    expect((await shown('visits')).type).toBe('VIEW')
  })

  it('files it cannot read, each at its line, and what BigQuery refuses, before anything is created', async () => {
    await write({
      'caec_raw/carts.sql': CARTS,
      'caec_raw/gone.sql': '-- Old.\nDROP TABLE caec_raw.visits',
      'caec_raw/wide.sql': 'CREATE TABLE caec_raw.wide (\n  a INT64,\n  b INTERVAL\n)',
    })
    const unread = await applyDdl()
    expect([unread.exitCode, errorOf(unread)]).toEqual([
      1,
      expect.stringContaining('Reading the tables: 2 of 3 files are refused'),
    ])
    expect(unread.annotations).toContainEqual(
      expect.objectContaining({
        kind: 'error',
        properties: expect.stringContaining('file=ddl/caec_raw/gone.sql,line=2,col=1'),
        message: expect.stringContaining('DROP is not CREATE TABLE'),
      }),
    )
    expect(unread.annotations).toContainEqual(
      expect.objectContaining({
        kind: 'error',
        properties: expect.stringContaining('file=ddl/caec_raw/wide.sql,line=3,col=5'),
        message: expect.stringContaining('the type INTERVAL is not supported'),
      }),
    )
    await rm(join(job.workspace, 'ddl/caec_raw/gone.sql'))
    await write({ 'caec_raw/wide.sql': 'CREATE TABLE caec_raw.wide (a INT64 DEFAULT NO_SUCH_FUNCTION())' })
    // The plan says what the run would.
    for (const inputs of [{ 'dry-run': 'true' }, {}] as Record<string, string>[]) {
      const refused = await applyDdl(inputs)
      expect([refused.exitCode, errorOf(refused)]).toEqual([
        1,
        expect.stringContaining(
          'Checking the tables: BigQuery refuses 1 of 2 to create or change: ddl/caec_raw/wide.sql: ',
        ),
      ])
      expect(refused.summary).toContain(inputs['dry-run'] ? 'Tables: the plan' : 'stopped by an error')
      if (inputs['dry-run'] === undefined) expect(refused.outputs).toMatchObject({ created: '0' })
    }
    expect(await tableNames()).toEqual([])
  })

  it('an ALTER that BigQuery does not take, before anything is written', async () => {
    await write({ 'caec_raw/carts.sql': CARTS, 'caec_raw/visits.sql': VISITS })
    await applyDdl()
    await write({
      'caec_raw/carts.sql': CARTS.replace('(', '(more STRING, '),
      'caec_raw/visits.sql': VISITS.replace(' CLUSTER BY visitor', ''),
    })
    await applyDdl()
    await write({
      'caec_raw/carts.sql': CARTS.replace('(', '(more STRING, later STRING, '),
      'caec_raw/visits.sql': VISITS.replace(' CLUSTER BY visitor', '').replace(
        'NOT NULL',
        'NOT NULL DEFAULT NO_SUCH_FUNCTION()',
      ),
    })
    exchanges.length = 0
    const result = await applyDdl()
    expect([result.exitCode, errorOf(result), changes()]).toEqual([
      1,
      expect.stringMatching(
        /refuses 1 of 2 to create or change: ddl\/caec_raw\/visits\.sql: [\s\S]*default of column visitor/,
      ),
      [],
    ])
    expect(steps(result)).toContain('update caec_raw.visits: sets the default of column visitor')
  })

  it('a dataset that is not there or is elsewhere', async () => {
    await write({ 'caec_nowhere/t.sql': 'CREATE TABLE caec_nowhere.t (a INT64)' })
    expect(errorOf(await applyDdl())).toMatch(
      /project caec-local has none of this name; make it with Terraform, or with CREATE SCHEMA in caec_nowhere\.sql beside its folder\./,
    )
    await rm(join(job.workspace, 'ddl'), { recursive: true })
    await write({ 'caec_raw/carts.sql': CARTS })
    expect(errorOf(await applyDdl({ location: 'EU' }))).toContain(
      'the dataset caec_raw is in us-central1, not in EU',
    )
  })

  it('to go on without a permission, which it names, without a stack trace', async () => {
    const planner = await signIn(cloud, 'ci-plan')
    await write({ 'caec_raw/carts.sql': CARTS })
    const planned = await applyDdl({ 'dry-run': 'true' }, {}, planner)
    expect([planned.exitCode, errorOf(planned), planned.outputs.created]).toEqual([0, '', '1'])
    expect(planned.log).toContain('BigQuery was not asked about caec_raw.carts: this identity may not')
    expect(planned.summary).toContain('BigQuery was not asked about')
    const create = await applyDdl({}, {}, planner)
    expect([create.exitCode, errorOf(create)]).toEqual([
      1,
      expect.stringMatching(
        /bigquery\.jobs\.insert on ddl\/caec_raw\/carts\.sql: 403 [\s\S]*bigquery\.tables\.create[\s\S]*Grant the permission/,
      ),
    ])
    await applyDdl()
    await write({ 'caec_raw/carts.sql': CARTS.replace('(', '(more STRING, ') })
    const update = await applyDdl({}, {}, planner)
    await planner.close()
    expect([update.exitCode, errorOf(update)]).toEqual([
      1,
      expect.stringMatching(
        /bigquery\.tables\.patch on caec-local:caec_raw\.carts: 403 [\s\S]*bigquery\.tables\.update[\s\S]*Grant the permission/,
      ),
    ])
    expect(create.log + update.log).not.toMatch(/^\s+at .*index\.js/m)
  })

  it('to read, write or delete rows: the deploying identity may not', async () => {
    await write({ 'caec_raw/carts.sql': CARTS })
    await applyDdl()
    expect((await cloud.query('ci-deploy', 'SELECT * FROM caec_raw.carts')).status).toBe(403)
    expect((await cloud.query('ci-deploy', 'INSERT INTO caec_raw.carts (item) VALUES (1)')).status).toBe(403)
    expect((await cloud.api('ci-deploy', 'DELETE', '/datasets/caec_raw/tables/carts')).status).toBe(403)
  })

  it.each<[string, Record<string, string>, string]>([
    ['a folder without tables', { 'caec_raw/readme.md': 'x' }, 'there is no .sql file below ddl'],
    [
      'a file outside a dataset',
      { 'stray.sql': CARTS },
      'ddl/stray.sql:1: expected CREATE SCHEMA, found CREATE',
    ],
    ['an empty file', { 'caec_raw/void.sql': ' \n' }, 'ddl/caec_raw/void.sql is empty'],
    [
      'a file that names another table',
      { 'caec_raw/other.sql': CARTS },
      'it names caec_raw.carts, its path says caec_raw.other',
    ],
    [
      'a name that is markup',
      { 'caec_raw/<img src=x onerror=alert(1)>.sql': CARTS },
      'is not named <dataset>/<table>.sql',
    ],
    [
      'a name that is a command',
      { 'caec_raw/a\n::error::b.sql': CARTS },
      'is not named <dataset>/<table>.sql',
    ],
    [
      'a statement that is a command',
      { 'caec_raw/carts.sql': 'CREATE TABLE caec_raw.carts (a\n::error::b INT64)' },
      'the type : is not supported',
    ],
    [
      'a name that leads elsewhere',
      { 'ca..ec/x`; DROP TABLE y.sql': CARTS },
      'is not named <dataset>/<table>.sql',
    ],
  ])('%s', async (_, files, words) => {
    await write(files)
    const result = await applyDdl()
    expect([result.exitCode, errorOf(result)]).toEqual([1, expect.stringContaining(words)])
    expect(result.summary).not.toContain('<img')
    expect(result.annotations.map(({ message }) => message)).not.toContain('b INT64)')
    expect(await tableNames()).toEqual([])
  })

  it('a link in place of a file, and a source outside the workspace', async () => {
    await write({ 'caec_raw/carts.sql': CARTS })
    await symlink('/etc/hostname', join(job.workspace, 'ddl/caec_raw/linked.sql'))
    expect(errorOf(await applyDdl())).toContain('ddl/caec_raw/linked.sql is a link or no regular file')
    expect(errorOf(await applyDdl({ source: '../..' }))).toContain('is outside the workspace')
    expect(await tableNames()).toEqual([])
  })
})
