/**
 * A signed-in job with a real dbt on its PATH, beside the local cloud's BigQuery: what every test of the run-dbt
 * bundle starts from. It writes projects into the workspace and reads back what the step said.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { ensureDbt } from '../../local/toolchain/index.ts'
import { openBigQuery, type BigQueryCloud } from '../local/bigquery/bigquery-cloud.ts'
import { runBundle, type RunOptions, type RunResult } from '../support/runner.ts'
import { signIn, type SignedInJob } from '../support/signed-in-job.ts'

export interface DbtJob {
  readonly cloud: BigQueryCloud
  readonly job: SignedInJob
  /** One step of the job; dataset and location are given unless `inputs` says otherwise. */
  run(
    inputs: Record<string, string>,
    env?: Record<string, string>,
    onStart?: RunOptions['onStart'],
  ): Promise<RunResult>
  /** Files below a folder of the workspace. */
  write(folder: string, files: Record<string, string>): Promise<void>
  /** Names of a dataset's tables in order; undefined when there is no such dataset. */
  tablesOf(dataset: string): Promise<string[] | undefined>
  close(): Promise<unknown>
}

export async function openDbtJob(options?: Parameters<typeof openBigQuery>[0]): Promise<DbtJob> {
  const cloud = await openBigQuery(options)
  const signedIn = await signIn(cloud, 'dbt')
  // Google's Python library would ask the real iamcredentials.googleapis.com whatever the endpoint is.
  const job = { ...signedIn, env: { ...signedIn.env, GOOGLE_AUTH_TRUST_BOUNDARY_ENABLED: 'false' } }
  const { python } = await ensureDbt(() => undefined)
  const PATH = `${dirname(python)}${delimiter}${process.env.PATH}`
  return {
    cloud,
    job,
    run: (inputs, env = {}, onStart) =>
      runBundle('run-dbt', {
        job,
        onStart,
        env: { ...job.env, PATH, ...env },
        with: { dataset: 'caec_analytics', location: 'us-central1', ...inputs },
      }),
    async write(folder, files) {
      for (const [name, text] of Object.entries(files)) {
        const file = join(job.workspace, folder, name)
        await mkdir(dirname(file), { recursive: true })
        await writeFile(file, text)
      }
    },
    async tablesOf(dataset) {
      const { status, body } = await cloud.api('data-eng', 'GET', `/datasets/${dataset}/tables`)
      if (status === 404) return undefined
      return (body.tables ?? [])
        .map(({ tableReference }: { tableReference: { tableId: string } }) => tableReference.tableId)
        .sort()
    },
    close: () => Promise.all([job.close(), cloud.close()]),
  }
}

export const messages = (result: RunResult, kind = 'error'): string[] =>
  result.annotations.filter((found) => found.kind === kind).map(({ message }) => message)

/** Annotations that point at a file, as `file:line`. */
export const places = (result: RunResult): { kind: string; place: string; message: string }[] =>
  result.annotations.flatMap(({ kind, properties, message }) => {
    const place = /file=([^,]+),line=(\d+)/.exec(properties)?.slice(1).join(':')
    return place === undefined ? [] : [{ kind, place, message }]
  })

/** Ids of the nodes a command ran, in order, without a test's digest. */
export async function nodesOf(result: RunResult, command = 0): Promise<string[]> {
  const file = join(result.outputs['results-path']!, String(command), 'run_results.json')
  const { results } = JSON.parse(await readFile(file, 'utf8')) as { results: { unique_id: string }[] }
  return results.map(({ unique_id: id }) => id.split('.').slice(0, 3).join('.')).sort()
}
