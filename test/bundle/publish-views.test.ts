/**
 * The publish-views bundle against the local cloud's BigQuery: views and access lists as they stand
 * afterwards, signed in through the auth bundle.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Exchange } from '../../local/cloud/gateway.ts'
import { analytics, insights, openBigQuery, type BigQueryCloud } from '../local/bigquery/bigquery-cloud.ts'
import { openProxy } from '../support/proxy.ts'
import { errorOf, runBundle, type RunResult } from '../support/runner.ts'
import { signIn, type SignedInJob } from '../support/signed-in-job.ts'

interface Entry {
  readonly role?: string
  readonly userByEmail?: string
  readonly view?: { readonly datasetId: string; readonly tableId: string }
}
interface Dataset {
  readonly etag: string
  readonly access: readonly Entry[]
}
/** Of a runner that names no repository id, for the folder `views`. */
const OWNER = expect.stringMatching(/^octo-clicks-views-[0-9a-f]{8}$/)
const VISITS = 'SELECT day, COUNT(*) AS visits FROM caec_analytics.visits GROUP BY day'
const CARTS = 'SELECT day FROM caec_analytics.carts'
const exchanges: Exchange[] = []
let cloud: BigQueryCloud
let job: SignedInJob
let atFirst: readonly Entry[]

beforeAll(async () => {
  cloud = await openBigQuery({ onExchange: (exchange) => exchanges.push(exchange) })
  job = await signIn(cloud)
  for (const table of ['visits', 'carts']) {
    const { status } = await cloud.api('data-eng', 'POST', '/datasets/caec_analytics/tables', {
      tableReference: analytics(table),
      schema: {
        fields: [
          { name: 'day', type: 'DATE' },
          { name: 'visitor', type: 'INTEGER' },
        ],
      },
    })
    expect(status).toBe(200)
  }
  atFirst = (await dataset('caec_analytics')).access
})
afterAll(() => Promise.all([job.close(), cloud.close()]))
beforeEach(async () => {
  await rm(join(job.workspace, 'views'), { recursive: true, force: true })
  for (const name of await viewNames())
    await cloud.api('data-eng', 'DELETE', `/datasets/caec_insights/tables/${name}`)
  await setAccess(atFirst)
  exchanges.length = 0
})

const dataset = async (id: string): Promise<Dataset> =>
  (await cloud.api('data-eng', 'GET', `/datasets/${id}`)).body as Dataset
async function setAccess(access: readonly Entry[]): Promise<void> {
  const { status, body } = await cloud.api('data-eng', 'PATCH', '/datasets/caec_analytics', { access })
  if (status !== 200) throw new Error(JSON.stringify(body))
}
async function viewNames(): Promise<string[]> {
  const { body } = await cloud.api('data-eng', 'GET', '/datasets/caec_insights/tables')
  return (body.tables ?? [])
    .map(({ tableReference }: { tableReference: { tableId: string } }) => tableReference.tableId)
    .sort()
}
const shownView = async (name: string) =>
  (await cloud.api('data-eng', 'GET', `/datasets/caec_insights/tables/${name}`)).body
const authorizedViews = async (): Promise<string[]> =>
  (await dataset('caec_analytics')).access
    .flatMap(({ view }) => (view === undefined ? [] : [view.tableId]))
    .sort()
const others = (access: readonly Entry[]): Entry[] => access.filter(({ view }) => view === undefined)
async function makeView(name: string, query: string): Promise<void> {
  const { status, body } = await cloud.api('data-eng', 'POST', '/datasets/caec_insights/tables', {
    tableReference: insights(name),
    view: { query, useLegacySql: false },
  })
  if (status !== 200) throw new Error(JSON.stringify(body))
}
async function write(files: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(job.workspace, 'views', name)), { recursive: true })
    await writeFile(join(job.workspace, 'views', name), text)
  }
}
function publish(
  inputs: Record<string, string> = {},
  env: Record<string, string> = {},
  by: SignedInJob = job,
): Promise<RunResult> {
  return runBundle('publish-views', {
    job,
    env: { ...by.env, ...env },
    with: { source: 'views', location: 'us-central1', ...inputs },
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
  (JSON.parse(result.outputs.plan!) as { steps: { kind: string; target: string }[] }).steps.map(
    ({ kind, target }) => `${kind} ${target}`,
  )

describe('publish-views', () => {
  it('creates views in reference order, authorizes each on what it reads itself, and lets an analyst read the view but not the table', async () => {
    await write({
      'caec_insights/a_top.sql':
        '-- The best day.\nSELECT day FROM caec_insights.by_day ORDER BY visits DESC LIMIT 1',
      'caec_insights/by_day.sql': VISITS,
    })
    const result = await publish()
    expect([result.exitCode, errorOf(result)]).toEqual([0, ''])
    expect(result.outputs).toMatchObject({ created: '2', updated: '0', unchanged: '0', authorized: '1' })
    expect(steps(result)).toEqual([
      'create caec_insights.by_day',
      'create caec_insights.a_top',
      'authorize caec_analytics',
    ])
    expect(await authorizedViews()).toEqual(['by_day'])
    expect(others((await dataset('caec_analytics')).access)).toEqual(others(atFirst))
    expect(await shownView('a_top')).toMatchObject({
      description: 'The best day.',
      labels: { 'managed-by': 'clickstream-actions', 'clickstream-owner': OWNER },
      view: { query: expect.stringContaining('`caec-local.caec_insights.by_day`') },
    })
    expect((await cloud.query('analyst', 'SELECT * FROM caec_insights.a_top')).status).toBe(200)
    expect((await cloud.query('analyst', 'SELECT * FROM caec_analytics.visits')).status).toBe(403)
  })

  it('changes nothing the second time: not one request that writes', async () => {
    await write({
      'caec_insights/a_top.sql':
        'SELECT a.day FROM caec_insights.by_day a JOIN caec_analytics.carts c ON a.day = c.day',
      'caec_insights/by_day.sql': VISITS,
    })
    await publish()
    expect(await authorizedViews()).toEqual(['a_top', 'by_day'])
    exchanges.length = 0
    const second = await publish()
    expect(second.outputs).toMatchObject({ created: '0', updated: '0', unchanged: '2', authorized: '0' })
    expect(changes()).toEqual([])
  })

  it('knows what a view reads also where it must wait for another view to be there', async () => {
    await write({
      'caec_insights/a_both.sql':
        'SELECT b.day FROM caec_insights.by_day AS b, caec_analytics.carts AS c WHERE b.day = c.day',
      'caec_insights/by_day.sql': VISITS,
    })
    expect((await publish()).outputs).toMatchObject({ created: '2', authorized: '2' })
    expect(await authorizedViews()).toEqual(['a_both', 'by_day'])
    expect((await publish()).outputs).toMatchObject({ unchanged: '2', updated: '0', authorized: '0' })
  })

  it('takes files as they are written elsewhere: a header, options, columns, comments, a semicolon', async () => {
    await write({
      'caec_insights/by_day.sql': `/* Made by hand. */
CREATE OR REPLACE VIEW \`caec-local.caec_insights.by_day\` (day OPTIONS(description='The day.'), visits)
OPTIONS (friendly_name='By day', labels=[('team', 'web')])
AS ${VISITS};
-- end`,
    })
    const result = await publish()
    expect([result.exitCode, errorOf(result)]).toEqual([0, ''])
    expect(await shownView('by_day')).toMatchObject({
      friendlyName: 'By day',
      labels: { team: 'web' },
      schema: { fields: [{ name: 'day', description: 'The day.' }, { name: 'visits' }] },
      view: { query: expect.stringMatching(/^SELECT day, COUNT/) },
    })
    expect((await publish()).outputs).toMatchObject({ unchanged: '1', updated: '0' })
    await write({
      'caec_insights/by_day.sql':
        'CREATE VIEW caec_insights.by_day AS\nSELECT day, nothing_like_it\nFROM caec_analytics.visits',
    })
    expect((await publish()).annotations).toContainEqual(
      expect.objectContaining({ properties: expect.stringContaining('by_day.sql,line=2,col=13') }),
    )
  })

  it('lets BigQuery judge views that wait for others: new columns, aliases, what a CTE hides, a wrong name', async () => {
    await write({ 'caec_insights/base.sql': 'SELECT day FROM caec_analytics.visits' })
    await publish()
    const dependents = {
      'caec_insights/base.sql': 'SELECT day, visitor FROM caec_analytics.visits',
      'caec_insights/column.sql': 'WITH base AS (SELECT visitor FROM caec_insights.base) SELECT * FROM base',
      'caec_insights/alias.sql':
        'WITH x AS (SELECT caec_analytics.day FROM caec_insights.base AS caec_analytics) SELECT o.visitor FROM caec_analytics.carts o JOIN x ON x.day = o.day',
      'caec_insights/comment.sql': 'SELECT visitor FROM caec_analytics . carts--old\n',
      'caec_insights/last.sql':
        'SELECT c.visitor FROM caec_insights.column AS c JOIN caec_insights.base ON TRUE',
    }
    await write(dependents)
    const result = await publish()
    expect([result.exitCode, errorOf(result)]).toEqual([0, ''])
    expect(await authorizedViews()).toEqual(['alias', 'base', 'comment'])
    for (const name of ['column', 'alias', 'comment', 'last'])
      expect((await cloud.query('analyst', `SELECT * FROM caec_insights.${name}`)).status).toBe(200)
    await write({
      'caec_insights/base.sql': 'SELECT day, visitor AS guest FROM caec_analytics.visits',
      'caec_insights/last.sql':
        '-- Two lines\n-- before.\nSELECT c.visitor\nFROM caec_insights.column AS c JOIN caec_insights.base ON base.nothing',
    })
    const refused = await publish({ 'dry-run': 'true', 'allow-breaking': 'true' })
    expect(refused.annotations).toContainEqual(
      expect.objectContaining({ properties: expect.stringContaining('column.sql,line=1') }),
    )
    expect(errorOf(refused)).toContain('visitor')
    await write({
      'caec_insights/base.sql': "SELECT day, visitor, 'new' AS more FROM caec_analytics.visits",
      'caec_insights/last.sql':
        'SELECT c.visitor AS guest FROM caec_insights.column AS c JOIN caec_insights.base ON TRUE',
    })
    expect(errorOf(await publish())).toMatch(
      /the new query of caec_insights\.last \(\S+\) drops column visitor; readers of the view would break/,
    )
  })

  it('starts no query when nothing differs, and asks little the first time', async () => {
    await write({
      'caec_insights/a.sql': 'SELECT day FROM caec_analytics.visits',
      'caec_insights/b.sql': CARTS,
      'caec_insights/c.sql': 'SELECT a.day FROM caec_insights.a JOIN caec_insights.b USING (day)',
    })
    const counted = async () => {
      exchanges.length = 0
      await publish()
      return exchanges.filter(({ service }) => service === 'bigquery').map(({ id }) => id)
    }
    const first = await counted()
    expect(first.filter((id) => /tables\.(get|insert)|jobs/.test(id ?? ''))).toHaveLength(9)
    const second = await counted()
    expect(second.filter((id) => !/tables\.(get|list)|datasets\.get/.test(id ?? ''))).toEqual([])
    const count = (id: string) => second.filter((one) => one === id).length
    expect(['bigquery.tables.get', 'bigquery.datasets.get', 'bigquery.tables.list'].map(count)).toEqual([
      3, 2, 1,
    ])
  })

  it('updates only what differs and grants that one again', async () => {
    await write({
      'caec_insights/by_day.sql': VISITS,
      'caec_insights/carts.sql': 'SELECT visitor FROM caec_analytics.carts',
    })
    await publish()
    await write({ 'caec_insights/by_day.sql': `-- Now with words.\n${VISITS}` })
    exchanges.length = 0
    const result = await publish()
    expect(result.outputs).toMatchObject({ created: '0', updated: '1', unchanged: '1', authorized: '1' })
    expect(changes()).toEqual(['bigquery.tables.patch', 'bigquery.datasets.patch'])
    expect((await cloud.query('analyst', 'SELECT * FROM caec_insights.by_day')).status).toBe(200)
  })

  it('keeps every entry that is not its own', async () => {
    await makeView('theirs', 'SELECT day FROM `caec-local.caec_analytics.carts`')
    await setAccess([
      ...atFirst,
      { role: 'READER', userByEmail: 'analyst@elsewhere.example' },
      { view: insights('theirs') },
    ])
    const before = (await dataset('caec_analytics')).access
    await write({ 'caec_insights/by_day.sql': VISITS })
    expect((await publish({ prune: 'true' })).outputs).toMatchObject({
      created: '1',
      deleted: '0',
      authorized: '1',
    })
    const after = (await dataset('caec_analytics')).access
    expect(after).toEqual(expect.arrayContaining([...before]))
    expect(after.length).toBe(before.length + 1)
    expect(await viewNames()).toContain('theirs')
  })

  it('prunes only views that it published, with their entries', async () => {
    await makeView('by_hand', 'SELECT day FROM `caec-local.caec_analytics.carts`')
    await write({
      'caec_insights/by_day.sql': VISITS,
      'caec_insights/old.sql': 'SELECT visitor FROM caec_analytics.carts',
    })
    await publish()
    await rm(join(job.workspace, 'views/caec_insights/old.sql'))
    const kept = await publish()
    expect(kept.outputs).toMatchObject({ deleted: '0', unchanged: '1' })
    expect(kept.summary).toContain('orphan')
    const pruned = await publish({ prune: 'true' })
    expect([pruned.exitCode, errorOf(pruned), pruned.outputs.deleted]).toEqual([0, '', '1'])
    expect(await viewNames()).toEqual(['by_day', 'by_hand'])
    expect(await authorizedViews()).toEqual(['by_day'])
  })

  it('shows the plan and changes nothing in a dry run, also as an identity that may not write', async () => {
    const planner = await signIn(cloud, 'ci-plan')
    for (const sql of [
      'CREATE TABLE caec_analytics.filtered (day DATE, n INT64) PARTITION BY day OPTIONS (require_partition_filter = true)',
      "INSERT INTO caec_analytics.visits VALUES (DATE '2026-11-29', 7)",
    ])
      expect((await cloud.query('data-eng', sql)).status).toBe(200)
    await write({
      'caec_insights/top.sql': 'SELECT day FROM caec_insights.by_day',
      'caec_insights/by_day.sql': VISITS,
      // A view over it is fine; who may not make one gets its query judged with a filter.
      'caec_insights/passes.sql': 'SELECT * FROM caec_analytics.filtered AS f',
    })
    exchanges.length = 0
    const dry = await publish({ 'dry-run': 'true' }, {}, planner)
    await planner.close()
    expect([dry.exitCode, errorOf(dry)]).toEqual([0, ''])
    expect(changes()).toEqual([])
    expect(dry.outputs).toMatchObject({ created: '3', authorized: '2' })
    expect(dry.summary).toContain('nothing was changed')
    expect(dry.summary).toContain('passes: BigQuery judged its query alone')
    expect(dry.summary).toMatch(/by&#95;day<\/td><td>does not exist<\/td><td>&#56; bytes<\/td>/)
    expect(await viewNames()).toEqual([])
    const digest = dry.outputs['plan-digest']!
    await write({ 'caec_insights/by_day.sql': `${VISITS} -- changed` })
    const refused = await publish({ 'expected-plan': digest })
    expect([refused.exitCode, errorOf(refused), await viewNames()]).toEqual([
      1,
      expect.stringContaining(`reviewed was ${digest}`),
      [],
    ])
    await write({ 'caec_insights/by_day.sql': VISITS })
    const agreed = await publish({ 'expected-plan': digest })
    expect([agreed.exitCode, errorOf(agreed), agreed.outputs.created]).toEqual([0, '', '3'])
  })
})

describe('publish-views, when somebody else writes at the same time', () => {
  /** Lets `move` happen between the reading of the access list and its patch. */
  async function publishAgainst(move: (round: number) => Promise<void>): Promise<RunResult> {
    let round = 0
    const racing = await openProxy(cloud.origin, async (request) => {
      if (request.method === 'PATCH' && !request.url!.includes('/tables/')) await move((round += 1))
      return false
    })
    const result = await publish({}, { CLOUDSDK_API_ENDPOINT_OVERRIDES_BIGQUERY: racing.origin })
    racing.close()
    return result
  }

  it("reads the list again and loses nobody's entry", async () => {
    await makeView('theirs', 'SELECT day FROM `caec-local.caec_analytics.carts`')
    await write({ 'caec_insights/by_day.sql': VISITS })
    const result = await publishAgainst(async (round) => {
      if (round <= 2)
        await setAccess([
          ...(await dataset('caec_analytics')).access,
          round === 1
            ? { view: insights('theirs') }
            : { role: 'READER', userByEmail: 'late@elsewhere.example' },
        ])
    })
    expect([result.exitCode, errorOf(result)]).toEqual([0, ''])
    expect(result.log).toContain(
      'The access list of caec_analytics changed meanwhile; reading it again (2 of 6).',
    )
    expect(await authorizedViews()).toEqual(['by_day', 'theirs'])
    expect((await dataset('caec_analytics')).access).toContainEqual({
      role: 'READER',
      userByEmail: 'late@elsewhere.example',
    })
  })

  it('gives up after six rounds in one sentence, keeps their list, and says what was done', async () => {
    await write({ 'caec_insights/by_day.sql': VISITS })
    let last = 0
    const result = await publishAgainst(async (round) => {
      last = round
      await cloud.api('data-eng', 'PATCH', '/datasets/caec_analytics', { description: `round ${round}` })
    })
    expect([result.exitCode, last]).toEqual([1, 6])
    expect(errorOf(result)).toMatch(
      /^publish-views: Applying caec_analytics: it changed after the plan was made \(\w+\); run again\.\nMore: \S+#conflict$/,
    )
    expect(await authorizedViews()).toEqual([])
    expect(result.outputs).toMatchObject({ created: '1', authorized: '0' })
    expect(result.summary).toMatch(/authorize<\/td><td>caec&#95;analytics<\/td>.*not reached/)
    expect((await publish()).outputs).toMatchObject({ unchanged: '1', authorized: '1' })
  })

  it('does not overwrite a view that changed after it was read', async () => {
    await write({ 'caec_insights/by_day.sql': VISITS })
    await publish()
    await write({ 'caec_insights/by_day.sql': `-- Mine.\n${VISITS}` })
    const racing = await openProxy(cloud.origin, async (request) => {
      if (request.method === 'PATCH' && request.url!.includes('/tables/'))
        await cloud.api('data-eng', 'PATCH', '/datasets/caec_insights/tables/by_day', {
          description: 'Theirs.',
        })
      return false
    })
    const result = await publish({}, { CLOUDSDK_API_ENDPOINT_OVERRIDES_BIGQUERY: racing.origin })
    racing.close()
    expect([result.exitCode, errorOf(result)]).toEqual([
      1,
      expect.stringContaining('Applying caec_insights.by_day: it changed after the plan was made'),
    ])
    expect(await shownView('by_day')).toMatchObject({ description: 'Theirs.' })
  })
})

describe('publish-views refuses', () => {
  it('to drop a column or change its type until that is allowed', async () => {
    await write({ 'caec_insights/by_day.sql': VISITS })
    await publish()
    await write({
      'caec_insights/by_day.sql': 'SELECT CAST(day AS STRING) AS day FROM caec_analytics.visits',
    })
    const refused = await publish()
    expect([refused.exitCode, errorOf(refused)]).toEqual([
      1,
      expect.stringMatching(
        /changes day from DATE to STRING, drops column visits; readers of the view would break\. Set allow-breaking: true/,
      ),
    ])
    const allowed = await publish({ 'allow-breaking': 'true' })
    expect([allowed.exitCode, allowed.outputs.updated]).toEqual([0, '1'])
  })

  it('a table of the same name', async () => {
    await cloud.api('data-eng', 'POST', '/datasets/caec_insights/tables', {
      tableReference: insights('by_day'),
      schema: { fields: [{ name: 'day', type: 'DATE' }] },
    })
    await write({ 'caec_insights/by_day.sql': VISITS })
    const result = await publish()
    expect([result.exitCode, errorOf(result)]).toEqual([
      1,
      expect.stringContaining('there is a table of this name, and publish-views replaces views only'),
    ])
    expect((await shownView('by_day')).type).toBe('TABLE')
  })

  it('SQL that BigQuery refuses, at its file and line, all of it before anything is written', async () => {
    await write({
      'caec_insights/by_day.sql': VISITS,
      'caec_insights/wrong.sql': '-- A comment.\nSELECT\n  nothing_like_it\nFROM caec_analytics.visits',
      'caec_insights/lost.sql': 'SELECT 1 FROM caec_analytics.not_there',
    })
    const result = await publish()
    expect(result.exitCode).toBe(1)
    expect(result.annotations).toContainEqual(
      expect.objectContaining({
        kind: 'error',
        properties: expect.stringMatching(/file=views\/caec_insights\/wrong\.sql,line=3,col=3/),
        message: expect.stringContaining('nothing_like_it'),
      }),
    )
    expect(result.annotations).toContainEqual(
      expect.objectContaining({
        kind: 'error',
        properties: expect.stringContaining('file=views/caec_insights/lost.sql,line=1'),
        message: expect.stringContaining('not_there'),
      }),
    )
    expect(errorOf(result)).toContain('BigQuery refuses 2 of 3')
    expect(await viewNames()).toEqual([])
  })

  it('views that read each other in a circle', async () => {
    await write({
      'caec_insights/a.sql': 'SELECT x FROM caec_insights.b',
      'caec_insights/b.sql': 'SELECT x FROM caec_insights.a',
    })
    const result = await publish()
    expect([result.exitCode, errorOf(result)]).toEqual([
      1,
      expect.stringContaining(
        'in a circle: views/caec_insights/a.sql → views/caec_insights/b.sql → views/caec_insights/a.sql; break it.',
      ),
    ])
  })

  it('to go on without a permission, which it names, without a stack trace', async () => {
    const planner = await signIn(cloud, 'ci-plan')
    await write({ 'caec_insights/by_day.sql': VISITS })
    const result = await publish({}, {}, planner)
    await planner.close()
    expect([result.exitCode, errorOf(result)]).toEqual([
      1,
      expect.stringMatching(
        /bigquery\.tables\.insert on caec-local:caec_insights\.by_day: 403 [\s\S]*bigquery\.tables\.create[\s\S]*Grant the permission/,
      ),
    ])
    expect(result.log).not.toMatch(/^\s+at .*index\.js/m)
  })

  it.each<[string, Record<string, string>, string]>([
    ['a folder without views', { 'caec_insights/readme.md': 'x' }, 'there is no .sql file below views'],
    ['a file outside a dataset', { 'stray.sql': VISITS }, 'views/stray.sql is not named'],
    ['a file too deep', { 'caec_insights/a/b.sql': VISITS }, 'is not named <dataset>/<view>.sql'],
    ['an empty file', { 'caec_insights/void.sql': ' \n' }, 'views/caec_insights/void.sql is empty'],
    [
      'a script',
      { 'caec_insights/two.sql': `${VISITS};\nSELECT 2` },
      'views/caec_insights/two.sql:2: a second statement begins here',
    ],
    [
      'a name that is markup',
      { 'caec_insights/<img src=x onerror=alert(1)>.sql': VISITS },
      'is not named <dataset>/<view>.sql',
    ],
    [
      'a name that is a command',
      { 'caec_insights/a\n::error::b.sql': VISITS },
      'is not named <dataset>/<view>.sql',
    ],
    [
      'a name that leads elsewhere',
      { 'ca..ec/x`; DROP TABLE y.sql': VISITS },
      'is not named <dataset>/<view>.sql',
    ],
  ])('%s', async (_, files, words) => {
    await write(files)
    const result = await publish()
    expect([result.exitCode, errorOf(result)]).toEqual([1, expect.stringContaining(words)])
    expect(
      result.annotations.filter(({ kind, properties }) => kind === 'error' && properties === '').length,
    ).toBe(1)
    expect(result.summary).not.toContain('<img')
    expect(await viewNames()).toEqual([])
  })

  it('a link in place of a file, and a source outside the workspace', async () => {
    await write({ 'caec_insights/by_day.sql': VISITS })
    await symlink('/etc/hostname', join(job.workspace, 'views/caec_insights/linked.sql'))
    expect(errorOf(await publish())).toContain('views/caec_insights/linked.sql is a link or no regular file')
    expect(errorOf(await publish({ source: '../..' }))).toContain('is outside the workspace')
    expect(await viewNames()).toEqual([])
  })
})
