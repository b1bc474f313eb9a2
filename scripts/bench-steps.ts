/**
 * The two steps that wait for somebody else's program, measured on the local cloud with everything installed: dbt
 * against plain dbt processes, a batch against the moments at which Dataproc was asked. It asserts nothing.
 */
import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { ensureDbt } from '../local/toolchain/index.ts'
import { openDbtJob } from '../test/bundle/run-dbt-job.ts'
import { BATCHES, isCreate, openSparkJob } from '../test/bundle/submit-spark-jobs.ts'
import { startTestCloud } from '../test/support/cloud.ts'
import { openProxy } from '../test/support/proxy.ts'
import type { RunResult } from '../test/support/runner.ts'
import type { Measured } from './measured.ts'

const execute = promisify(execFile)
const secondsOf = async (work: () => Promise<unknown>): Promise<number> => {
  const started = performance.now()
  await work()
  return (performance.now() - started) / 1000
}
function orThrow(result: RunResult): void {
  if (result.exitCode !== 0) throw new Error(result.log.slice(-2000))
}

/** Seed, run, test and docs in one step against four dbt processes; one command in a step against one process. */
export async function dbt(): Promise<Measured[]> {
  const world = await openDbtJob()
  try {
    await world.write('dbt', {
      'dbt_project.yml': 'name: shop\nprofile: shop\nversion: 1.0.0\n',
      'seeds/people.csv': 'id,name\n1,Ada\n2,Grace\n',
      'models/buyers.sql': "select id, name from {{ ref('people') }}\n",
      'models/schema.yml':
        'models:\n  - name: buyers\n    columns:\n      - name: id\n        data_tests: [unique, not_null]\n',
    })
    const profiles = path.join(world.job.temp, 'plain')
    mkdirSync(profiles)
    const { project } = world.cloud
    writeFileSync(
      path.join(profiles, 'profiles.yml'),
      JSON.stringify({
        shop: {
          target: 'ci',
          outputs: {
            ci: {
              type: 'bigquery',
              method: 'oauth',
              project,
              dataset: 'caec_analytics',
              location: 'us-central1',
              threads: 4,
              api_endpoint: world.cloud.origin,
            },
          },
        },
      }),
    )
    const { dbt: program } = await ensureDbt(() => undefined)
    const plain = (...words: string[]) =>
      execute(program, [...words, '--profiles-dir', profiles], {
        cwd: path.join(world.job.workspace, 'dbt'),
        env: { ...process.env, ...world.job.env },
      })
    const step = async (commands: string): Promise<void> => orThrow(await world.run({ commands }))
    // Both find everything parsed and warm.
    await step('seed\nrun')
    await plain('run')
    const all = await secondsOf(() => step('seed\nrun\ntest\ndocs generate'))
    const four = await secondsOf(async () => {
      await plain('seed')
      await plain('run')
      await plain('test')
      await plain('docs', 'generate')
    })
    const one = await secondsOf(() => step('run'))
    const single = await secondsOf(() => plain('run'))
    return [
      {
        what: 'run-dbt: seed, run, test, docs',
        seconds: all,
        against: 'four dbt processes',
        reference: four,
      },
      { what: 'run-dbt: run', seconds: one, against: 'dbt run', reference: single },
    ]
  } finally {
    await world.close()
  }
}

/** The polls at the end of a short batch come this often. */
const POLL_SECONDS = 10

/** From the start of the step to its request, and from the end of the batch to the end of the step. */
export async function submit(): Promise<Measured[]> {
  const cloud = await startTestCloud({ services: ['storage', 'dataproc'] })
  const job = await openSparkJob(cloud)
  let [createdMs, endedMs] = [0, 0]
  const watch: Parameters<typeof openProxy>[1] = async (request, reply, _body, forward) => {
    if (isCreate(request)) createdMs = performance.now()
    if (request.method !== 'GET' || !(request.url ?? '').startsWith(`${BATCHES}/`)) return false
    const answer = await forward()
    if (endedMs === 0 && /"SUCCEEDED"/.test(answer.body.toString())) endedMs = performance.now()
    reply.writeHead(answer.status, answer.headers).end(answer.body)
    return true
  }
  const proxy = await openProxy(cloud.origin, watch)
  try {
    await job.write({ 'note.py': 'print("noted")\n' })
    const startedMs = performance.now()
    orThrow(
      await job.submit(
        // Its usual pauses; the tests have shorter ones.
        { main: 'note.py', 'poll-seconds': String(POLL_SECONDS), 'settle-seconds': '6' },
        {
          env: {
            CLOUDSDK_API_ENDPOINT_OVERRIDES_DATAPROC: `${proxy.origin}/`,
            CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE: `${proxy.origin}/`,
          },
        },
      ),
    )
    const doneMs = performance.now()
    return [
      {
        what: 'submit-spark: before the batch is asked for',
        seconds: (createdMs - startedMs) / 1000,
        against: 'aim',
        reference: 0.5,
      },
      {
        what: 'submit-spark: after the batch was seen ended',
        seconds: (doneMs - endedMs) / 1000,
        against: 'pause between two looks',
        reference: POLL_SECONDS,
      },
    ]
  } finally {
    proxy.close()
    await Promise.all([job.close(), cloud.close()])
  }
}
