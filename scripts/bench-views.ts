/**
 * Publishes a hundred views to the local BigQuery: requests and time of a first run, of one without a difference and of
 * one change, beside one `tables.update` per view, which is what dbt sends in every run. It asserts nothing.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { openBigQuery } from '../test/local/bigquery/bigquery-cloud.ts'
import { runBundle } from '../test/support/runner.ts'
import { signIn } from '../test/support/signed-in-job.ts'
import type { Measured } from './measured.ts'

/** Of a view, what an update sends back. */
interface Shown {
  readonly view?: object
  readonly labels?: object
}
const VIEWS = 100
const SOURCES = 3

export async function views(say: (line: string) => void): Promise<Measured[]> {
  let requests: string[] = []
  const cloud = await openBigQuery({
    onExchange: ({ service, id }) => {
      if (service === 'bigquery') requests.push(id?.replace('bigquery.', '') ?? 'other')
    },
  })
  const job = await signIn(cloud)
  const api = async (method: string, where: string, body?: unknown): Promise<Shown> => {
    const answer = await cloud.api('data-eng', method, where, body)
    if (answer.status >= 400) throw new Error(`${method} ${where}: ${JSON.stringify(answer.body)}`)
    return answer.body as Shown
  }
  try {
    const datasets = [
      'caec_analytics',
      ...Array.from({ length: SOURCES - 1 }, (_, index) => `bench_${index}`),
    ]
    for (const datasetId of datasets) {
      if (datasetId !== 'caec_analytics')
        await api('POST', '/datasets', {
          datasetReference: { projectId: 'caec-local', datasetId },
          location: 'us-central1',
          access: (['ci-deploy', 'data-eng'] as const).map((persona) => ({
            role: 'OWNER',
            userByEmail: cloud.cloud.environment.serviceAccounts[persona],
          })),
        })
      await api('POST', `/datasets/${datasetId}/tables`, {
        tableReference: { projectId: 'caec-local', datasetId, tableId: 'events' },
        schema: { fields: [{ name: 'day', type: 'DATE' }] },
      })
    }
    const names = Array.from({ length: VIEWS }, (_, index) => `view_${String(index).padStart(3, '0')}`)
    const write = async (name: string, more = ''): Promise<void> => {
      const source = datasets[names.indexOf(name) % SOURCES]!
      const file = path.join(job.workspace, 'views/caec_insights', `${name}.sql`)
      await mkdir(path.dirname(file), { recursive: true })
      await writeFile(file, `SELECT day, '${name}' AS word${more} FROM ${source}.events\n`)
    }
    for (const name of names) await write(name)
    const timed = async (
      what: string,
      work: () => Promise<void>,
    ): Promise<{ what: string; seconds: number }> => {
      requests = []
      const started = performance.now()
      await work()
      const seconds = (performance.now() - started) / 1000
      const kinds = new Map<string, number>()
      for (const kind of requests) kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
      const shown = [...kinds].sort((a, b) => b[1] - a[1]).map(([kind, count]) => `${count} ${kind}`)
      say(`  ${what}: ${requests.length} requests (${shown.join(', ')})`)
      return { what, seconds }
    }
    const publish = async (): Promise<void> => {
      const { exitCode, log } = await runBundle('publish-views', {
        job,
        env: job.env,
        with: { source: 'views', location: 'us-central1' },
      })
      if (exitCode !== 0) throw new Error(log)
    }
    const runs = [await timed('first run', publish), await timed('nothing to do', publish)]
    await write(names[7]!, ', 1 AS one')
    runs.push(await timed('one change', publish))
    const place = (name: string): string => `/datasets/caec_insights/tables/${name}`
    // dbt has compiled what it sends: what is sent back here is read before the clock starts.
    const bodies = new Map<string, object>()
    for (const name of names) {
      const { view, labels } = await api('GET', place(name))
      const tableReference = { projectId: 'caec-local', datasetId: 'caec_insights', tableId: name }
      bodies.set(name, { tableReference, view, labels })
    }
    const peer = await timed('one tables.update per view', async () => {
      for (const [name, body] of bodies) await api('PUT', place(name), body)
    })
    return runs.map(({ what, seconds }) => ({
      what: `publish-views, ${VIEWS} views of ${SOURCES} sources, ${what}`,
      seconds,
      against: 'updating each, one after the other',
      reference: peer.seconds,
    }))
  } finally {
    await Promise.all([job.close(), cloud.close()])
  }
}
