/**
 * submit-spark measured on the local cloud, by the moments at which Dataproc was asked: until it has the batch, beside
 * gcloud where that is installed, and after its end. It asserts nothing.
 */
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import {
  BATCHES,
  isCreate,
  openSparkJob,
  STAGING,
  WORKLOAD,
  type SparkJob,
} from '../test/bundle/submit-spark-jobs.ts'
import { startTestCloud, type TestCloud } from '../test/support/cloud.ts'
import { openProxy } from '../test/support/proxy.ts'
import type { RunResult } from '../test/support/runner.ts'
import type { Measured } from './measured.ts'

const execute = promisify(execFile)
/** The pause between two looks at a batch that has run for a while. */
const POLL_SECONDS = 10
const TIMES = 5

interface Moments {
  createdMs: number
  endedMs: number
}
type Way = (file: string, origin: string) => Promise<unknown>

export async function submit(say: (line: string) => void): Promise<Measured[]> {
  const cloud = await startTestCloud({ services: ['storage', 'dataproc'] })
  const job = await openSparkJob(cloud)
  const seen: Moments = { createdMs: 0, endedMs: 0 }
  const proxy = await openProxy(cloud.origin, async (request, reply, _body, forward) => {
    if (isCreate(request)) seen.createdMs ||= performance.now()
    if (request.method !== 'GET' || !(request.url ?? '').startsWith(`${BATCHES}/`)) return false
    const answer = await forward()
    if (/"SUCCEEDED"/.test(answer.body.toString())) seen.endedMs ||= performance.now()
    reply.writeHead(answer.status, answer.headers).end(answer.body)
    return true
  })
  let count = 0
  /** A new file each time: what is staged already is not staged again. */
  const measure = async (way: Way): Promise<{ readonly before: number; readonly after: number }> => {
    const file = `note${(count += 1)}.py`
    await job.write({ [file]: `print("noted ${count}")\n` })
    Object.assign(seen, { createdMs: 0, endedMs: 0 })
    const startedMs = performance.now()
    await way(file, proxy.origin)
    return {
      before: (seen.createdMs - startedMs) / 1000,
      after: (performance.now() - seen.endedMs) / 1000,
    }
  }
  const beforeCreate = async (way: Way): Promise<number> => {
    // The first one finds this cloud cold, and the disk.
    await measure(way)
    const times: number[] = []
    for (let turn = 0; turn < TIMES; turn += 1) times.push((await measure(way)).before)
    return times.sort((left, right) => left - right)[Math.floor(TIMES / 2)] ?? NaN
  }
  try {
    const before = await beforeCreate((file, origin) => ours(job, origin, { main: file, wait: 'false' }))
    const what = 'submit-spark: before the batch is asked for'
    const gcloud = await openGcloud(cloud, job)
    if (gcloud === undefined) say('  gcloud is not installed here: no comparison with it')
    // Its usual pauses; the tests have shorter ones.
    const whole = await measure((file, origin) =>
      ours(job, origin, { main: file, 'poll-seconds': String(POLL_SECONDS), 'settle-seconds': '6' }),
    )
    return [
      { what, seconds: before, against: 'aim', reference: 0.5 },
      { what, seconds: before, against: "loading Google's client with gRPC alone", reference: await grpc() },
      ...(gcloud === undefined
        ? []
        : [
            {
              what,
              seconds: before,
              against: 'gcloud dataproc batches submit --async',
              reference: await beforeCreate(gcloud),
            },
          ]),
      {
        what: 'submit-spark: after the batch was seen ended',
        seconds: whole.after,
        against: 'pause between two looks',
        reference: POLL_SECONDS,
      },
    ]
  } finally {
    proxy.close()
    await Promise.all([job.close(), cloud.close()])
  }
}

/** The same client as Google's example makes it; it cannot speak to a loopback without TLS, so it asks for nothing. */
async function grpc(): Promise<number> {
  const script = "new (require('@google-cloud/dataproc').v1.BatchControllerClient)({ projectId: 'p' })"
  const times: number[] = []
  for (let turn = 0; turn < TIMES; turn += 1) {
    const startedMs = performance.now()
    await execute(process.execPath, ['-e', script], { cwd: path.dirname(import.meta.dirname) })
    times.push((performance.now() - startedMs) / 1000)
  }
  return times.sort((left, right) => left - right)[Math.floor(TIMES / 2)] ?? NaN
}

async function ours(job: SparkJob, origin: string, inputs: Record<string, string>): Promise<void> {
  const result: RunResult = await job.submit(inputs, {
    env: {
      CLOUDSDK_API_ENDPOINT_OVERRIDES_DATAPROC: `${origin}/`,
      CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE: `${origin}/`,
    },
  })
  if (result.exitCode !== 0) throw new Error(result.log.slice(-2000))
}

/** It is handed a token, where a step has to fetch one first; it asks for buckets themselves, which a job may not. */
async function openGcloud(cloud: TestCloud, job: SparkJob): Promise<Way | undefined> {
  const token = path.join(job.temp, 'gcloud token')
  writeFileSync(token, cloud.tokenFor('data-eng'))
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: job.temp,
    CLOUDSDK_CONFIG: path.join(job.temp, 'gcloud'),
    CLOUDSDK_AUTH_ACCESS_TOKEN_FILE: token,
    CLOUDSDK_CORE_PROJECT: cloud.cloud.environment.project,
    CLOUDSDK_CORE_DISABLE_PROMPTS: '1',
  }
  const isThere = await execute('gcloud', ['--version'], { env }).then(
    () => true,
    () => false,
  )
  if (!isThere) return undefined
  return (file, origin) =>
    execute(
      'gcloud',
      [
        ...['dataproc', 'batches', 'submit', 'pyspark', file, '--async', '--region=us-central1'],
        ...[
          '--deps-bucket=gs://caec-local-raw',
          `--staging-bucket=${STAGING}`,
          `--service-account=${WORKLOAD}`,
        ],
        ...['--version=2.3', `--batch=${file.replace('.py', '')}-by-gcloud`],
      ],
      {
        cwd: job.workspace,
        env: {
          ...env,
          CLOUDSDK_API_ENDPOINT_OVERRIDES_DATAPROC: `${origin}/`,
          CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE: `${origin}/storage/v1/`,
        },
      },
    )
}
