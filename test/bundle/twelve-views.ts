/** Twelve views over two datasets in a cloud of their own, to be cut off at any request, and their state afterwards. */
import type { ChildProcess } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { dirname, join } from 'node:path'
import { analytics, insights, openBigQuery } from '../local/bigquery/bigquery-cloud.ts'
import { openProxy, type Forward } from '../support/proxy.ts'
import { runBundle, type RunResult } from '../support/runner.ts'
import { signIn } from '../support/signed-in-job.ts'

const names = Array.from({ length: 10 }, (_, index) => `v${String(index).padStart(2, '0')}`)
export const all = [...names, 'w', 'x']
export const FIRST: Record<string, string> = {
  'caec_insights/w.sql': 'SELECT day FROM mart_b.only',
  'caec_insights/x.sql': 'SELECT v00.day FROM caec_insights.v00 JOIN caec_analytics.carts USING (day)',
  ...Object.fromEntries(
    names.map((name) => [
      `caec_insights/${name}.sql`,
      `SELECT day, '${name}' AS word FROM caec_analytics.visits`,
    ]),
  ),
}
/** One view reads another dataset, one has another column, one is gone. */
export const SECOND: Record<string, string> = {
  ...FIRST,
  'caec_insights/w.sql': 'SELECT day FROM caec_analytics.carts',
  'caec_insights/v00.sql': `SELECT day, 'v00' AS word, 1 AS one FROM caec_analytics.visits`,
}
delete SECOND['caec_insights/v09.sql']

/** Called at every request to BigQuery; true ends it without an answer. */
export type AtRequest = (
  nth: number,
  request: IncomingMessage,
  child: ChildProcess,
  forward: Forward,
  log: () => string,
) => Promise<boolean> | boolean

export async function openTwelveViews() {
  const cloud = await openBigQuery()
  const job = await signIn(cloud)
  const api = async (method: string, path: string, body?: unknown): Promise<any> => {
    const answer = await cloud.api('data-eng', method, path, body)
    if (answer.status >= 400) throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)}`)
    return answer.body
  }
  await api('POST', '/datasets', {
    datasetReference: { projectId: 'caec-local', datasetId: 'mart_b' },
    location: 'us-central1',
    access: (['ci-deploy', 'data-eng'] as const).map((persona) => ({
      role: 'OWNER',
      userByEmail: cloud.cloud.environment.serviceAccounts[persona],
    })),
  })
  const only = { projectId: 'caec-local', datasetId: 'mart_b', tableId: 'only' }
  for (const reference of [analytics('visits'), analytics('carts'), only])
    await api('POST', `/datasets/${reference.datasetId}/tables`, {
      tableReference: reference,
      schema: { fields: [{ name: 'day', type: 'DATE' }] },
    })
  const accessOf = async (id: string): Promise<any[]> => (await api('GET', `/datasets/${id}`)).access
  const atFirst = { caec_analytics: await accessOf('caec_analytics'), mart_b: await accessOf('mart_b') }
  const views = async (): Promise<string[]> =>
    ((await api('GET', '/datasets/caec_insights/tables')).tables ?? [])
      .map(({ tableReference }: any) => tableReference.tableId)
      .sort()
  const authorizedOn = async (id: string): Promise<string[]> =>
    (await accessOf(id)).flatMap(({ view }) => (view === undefined ? [] : [view.tableId])).sort()
  return {
    cloud,
    /** No views; with entries of views that are gone on the lists, as BigQuery leaves them there. */
    async reset(isStale: boolean): Promise<void> {
      for (const name of await views()) await api('DELETE', `/datasets/caec_insights/tables/${name}`)
      for (const [id, access] of Object.entries(atFirst)) await api('PATCH', `/datasets/${id}`, { access })
      if (!isStale) return
      for (const name of all)
        await api('POST', '/datasets/caec_insights/tables', {
          tableReference: insights(name),
          view: { query: 'SELECT 1 AS one', useLegacySql: false },
        })
      const entries = all.map((name) => ({ view: insights(name) }))
      await api('PATCH', '/datasets/caec_analytics', { access: [...atFirst.caec_analytics, ...entries] })
      for (const name of all) await api('DELETE', `/datasets/caec_insights/tables/${name}`)
    },
    async write(files: Record<string, string>): Promise<void> {
      await rm(join(job.workspace, 'views'), { recursive: true, force: true })
      for (const [name, text] of Object.entries(files)) {
        const path = join(job.workspace, 'views', name)
        await mkdir(dirname(path), { recursive: true })
        await writeFile(path, text)
      }
    },
    /** @returns what the run said, and how many requests it sent. */
    async publish(at?: AtRequest): Promise<RunResult & { readonly requests: number }> {
      let requests = 0
      let child: ChildProcess | undefined
      let log = (): string => ''
      const proxy = await openProxy(cloud.origin, (request, _reply, _body, forward) => {
        requests += 1
        return at?.(requests, request, child!, forward, log) ?? false
      })
      try {
        const result = await runBundle('publish-views', {
          job,
          env: { ...job.env, CLOUDSDK_API_ENDPOINT_OVERRIDES_BIGQUERY: proxy.origin },
          with: { source: 'views', location: 'us-central1', prune: 'true' },
          onStart: (started, output) => {
            ;[child, log] = [started, output]
          },
        })
        return { ...result, requests }
      } finally {
        proxy.close()
      }
    },
    state: async () => ({
      views: await views(),
      a: await authorizedOn('caec_analytics'),
      b: await authorizedOn('mart_b'),
    }),
    isReadable: async (name: string): Promise<boolean> =>
      (await cloud.query('analyst', `SELECT day FROM caec_insights.${name}`)).status === 200,
    close: () => Promise.all([job.close(), cloud.close()]),
  }
}
export const AFTER_FIRST = { views: all, a: all.filter((name) => name !== 'w'), b: ['w'] }
const rest = all.filter((name) => name !== 'v09')
export const AFTER_SECOND = { views: rest, a: rest, b: [] }
