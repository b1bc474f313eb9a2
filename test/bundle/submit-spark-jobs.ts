/**
 * What the tests of the submit-spark bundle share: a signed-in job with Spark jobs that start no session, and a
 * proxy before the cloud that makes the network unwell. It refuses nothing.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { dirname, join } from 'node:path'
import type { TestCloud } from '../support/cloud.ts'
import { openProxy } from '../support/proxy.ts'
import { runBundle, type RunOptions, type RunResult } from '../support/runner.ts'
import { signIn, type SignedInJob } from '../support/signed-in-job.ts'

export const STAGING = 'caec-local-staging'
export const BATCHES = '/v1/projects/caec-local/locations/us-central1/batches'
export const WORKLOAD = 'caec-spark@caec-local.iam.gserviceaccount.com'
/** Short real time, by the documented inputs. */
export const QUICK = { 'poll-seconds': '0.5', 'settle-seconds': '0.6' }

export type Fault = (request: IncomingMessage, reply: ServerResponse) => Promise<boolean> | boolean

export interface SparkJob extends SignedInJob {
  write(files: Readonly<Record<string, string>>): Promise<void>
  submit(inputs?: Record<string, string>, options?: Partial<RunOptions>): Promise<RunResult>
  /** Every Google API is asked through the proxy while `work` runs. */
  through<T>(fault: Fault, work: (env: Record<string, string>) => Promise<T>): Promise<T>
}
export interface ShownBatch {
  readonly name: string
  readonly state: string
  readonly labels?: Readonly<Record<string, string>>
}

export async function openSparkJob(cloud: TestCloud): Promise<SparkJob> {
  const job = await signIn(cloud)
  return {
    ...job,
    write: async (files) => {
      for (const [name, text] of Object.entries(files)) {
        await mkdir(dirname(join(job.workspace, name)), { recursive: true })
        await writeFile(join(job.workspace, name), text)
      }
    },
    submit: (inputs = {}, options = {}) =>
      runBundle('submit-spark', {
        job,
        ...options,
        env: { ...job.env, ...options.env },
        with: {
          region: 'us-central1',
          'service-account': WORKLOAD,
          'staging-bucket': STAGING,
          ...QUICK,
          ...inputs,
        },
      }),
    through: async (fault, work) => {
      const proxy = await openProxy(cloud.origin, fault)
      try {
        return await work({
          CLOUDSDK_API_ENDPOINT_OVERRIDES_DATAPROC: `${proxy.origin}/`,
          CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE: `${proxy.origin}/`,
        })
      } finally {
        proxy.close()
      }
    },
  }
}

/** Kills the action once its log holds `text`. */
export function killAt(
  text: string | RegExp,
  signal: NodeJS.Signals = 'SIGKILL',
): Pick<RunOptions, 'onStart'> {
  return {
    onStart: (child, output) => {
      const timer = setInterval(() => {
        if (output().search(text) < 0) return
        clearInterval(timer)
        child.kill(signal)
      }, 30)
      child.once('exit', () => clearInterval(timer))
    },
  }
}

export const errorOf = (result: RunResult): string => saidAs('error', result)
export const warningOf = (result: RunResult): string => saidAs('warning', result)
function saidAs(kind: string, result: RunResult): string {
  return result.annotations
    .filter((annotation) => annotation.kind === kind)
    .map(({ message }) => message)
    .join('\n')
}

export const isGet = (request: IncomingMessage): boolean =>
  request.method === 'GET' && (request.url ?? '').startsWith(`${BATCHES}/`)
export const isCreate = (request: IncomingMessage): boolean =>
  request.method === 'POST' && (request.url ?? '').startsWith(`${BATCHES}?`)

/** As Google's front end says it. */
export function answer(reply: ServerResponse, status: number, message = 'planted'): true {
  const word = { 401: 'UNAUTHENTICATED', 403: 'PERMISSION_DENIED', 404: 'NOT_FOUND', 503: 'UNAVAILABLE' }[
    status
  ]
  reply
    .writeHead(status, { 'content-type': 'application/json' })
    .end(JSON.stringify({ error: { code: status, message, status: word ?? 'UNKNOWN' } }))
  return true
}

export async function showBatch(cloud: TestCloud, id: string): Promise<ShownBatch> {
  return (await (await cloud.fetchAs('ops', `${BATCHES}/${id}`)).json()) as ShownBatch
}
export async function batchesLike(cloud: TestCloud, stem: string): Promise<ShownBatch[]> {
  const reply = await cloud.fetchAs('ops', `${BATCHES}?pageSize=1000`)
  const { batches = [] } = (await reply.json()) as { batches?: ShownBatch[] }
  return batches.filter(({ name }) => name.includes(`/batches/${stem}`))
}
