/**
 * What submit-spark must never do, each seen once: end a stranger's batch, give up in an outage, run a request
 * twice, lose the end of the output. Bundle, network faults and spark-submit are real. The cases run side by side:
 * most of each is waiting, and the cloud runs their batches one after the other.
 */
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { startTestCloud, type TestCloud } from '../support/cloud.ts'
import {
  answer,
  BATCHES,
  batchesLike,
  errorOf,
  isCreate,
  isGet,
  killAt,
  openSparkJob,
  showBatch,
  STAGING,
  warningOf,
  WORKLOAD,
  type SparkJob,
} from './submit-spark-jobs.ts'

let cloud: TestCloud
let job: SparkJob
beforeAll(async () => {
  cloud = await startTestCloud({ services: ['storage', 'dataproc'] })
  job = await openSparkJob(cloud)
  const slow =
    'import sys, time\nprint("started", flush=True)\ntime.sleep(float(sys.argv[1]))\nprint("the end")\n'
  await job.write({
    'short.py': 'print("one")\nprint("two")\n',
    'lost.py': slow,
    'wait.py': slow,
    'gone.py': slow,
    'staged.py': 'print(1)\n',
    'killed.py': slow,
    'late.py': 'print("first")\nprint("the last line")\n',
    'fails.py': 'raise ValueError("no")\n',
    'uncounted.py': 'raise ValueError("no")\n',
    'stranger.py': slow,
    'denied.py': [
      'from pyspark.sql import SparkSession',
      'spark = SparkSession.builder.getOrCreate()',
      'def read_raw(path):',
      '    return spark.read.parquet(path)',
      'read_raw("gs://caec-local-dags/raw/day=1/part.parquet")',
    ].join('\n'),
  })
})
afterAll(() => Promise.all([job?.close(), cloud?.close()]))

const strangers = async (id: string) => {
  await job.submit({ main: 'stranger.py', 'stage-only': 'true', 'service-account': '' })
  const main = (await job.submit({ main: 'stranger.py', 'stage-only': 'true', 'service-account': '' }))
    .outputs['main-uri']
  const reply = await cloud.fetchAs('ci-deploy', `${BATCHES}?batchId=${id}`, {
    method: 'POST',
    body: {
      pysparkBatch: { mainPythonFileUri: main, args: ['600'] },
      environmentConfig: { executionConfig: { serviceAccount: WORKLOAD, stagingBucket: STAGING } },
    },
  })
  expect(reply.status).toBe(200)
}
const stop = async (id: string) => {
  const { operation } = (await showBatch(cloud, id)) as unknown as { operation: string }
  await cloud.fetchAs('ops', `/v1/${operation}:cancel`, { method: 'POST', body: {} })
}

it.concurrent(
  "a stranger's batch under the same id is neither waited for nor cancelled, by main, post or a forged state",
  async () => {
    await strangers('nightly-load')
    const main = await job.submit({ main: 'short.py', 'batch-id': 'nightly-load' })
    expect([main.exitCode, errorOf(main)]).toEqual([
      1,
      expect.stringContaining('already used by another request'),
    ])
    const states = [
      main.state,
      { projectId: 'caec-local', region: 'us-central1', batchId: 'nightly-load' },
      { projectId: 'caec-local', region: 'us-central1', batchId: 'nightly-load', requestId: 'a'.repeat(32) },
    ]
    for (const state of states) {
      const post = await job.submit({}, { entry: 'post', state })
      expect(post.log).not.toContain('Asked Google to cancel')
    }
    expect(['PENDING', 'RUNNING']).toContain((await showBatch(cloud, 'nightly-load')).state)
    await stop('nightly-load')
  },
  300_000,
)

it.concurrent(
  "a stranger's batch that takes the id between the plan and the create is left alone, too",
  async () => {
    const result = await job.through(
      async (request) => {
        if (isCreate(request)) await strangers('raced-load')
        return false
      },
      (env) => job.submit({ main: 'short.py', 'batch-id': 'raced-load' }, { env }),
    )
    expect([result.exitCode, errorOf(result)]).toEqual([
      1,
      expect.stringContaining('already used by another request'),
    ])
    const post = await job.submit({}, { entry: 'post', state: result.state })
    expect(post.log).not.toContain('Asked Google to cancel')
    expect(['PENDING', 'RUNNING']).toContain((await showBatch(cloud, 'raced-load')).state)
    await stop('raced-load')
  },
  300_000,
)

it.concurrent(
  'what another job stages between the plan and the upload is taken, although it may not be overwritten',
  async () => {
    const stageOnly = { main: 'staged.py', 'stage-only': 'true', 'service-account': '' }
    let others: Promise<{ readonly exitCode: number | null }> | undefined
    const result = await job.through(
      async (request) => {
        if (request.method === 'POST' && /^\/upload\/storage/.test(request.url ?? ''))
          await (others ??= job.submit(stageOnly))
        return false
      },
      (env) => job.submit(stageOnly, { env }),
    )
    expect((await others)?.exitCode).toBe(0)
    expect([result.exitCode, errorOf(result)]).toEqual([0, ''])
    expect(result.outputs['main-uri']).toMatch(/\/staged\.py$/)
  },
  300_000,
)

it.concurrent(
  'an outage of 12 seconds while the batch runs changes nothing but the length of the wait',
  async () => {
    let untilMs = 0
    const result = await job.through(
      (request, reply) => {
        if (!isGet(request) || untilMs === 0) return false
        return Date.now() < untilMs ? answer(reply, 503) : false
      },
      (env) =>
        job.submit(
          { main: 'wait.py', args: '1' },
          {
            env,
            onStart: (child, output) => {
              const timer = setInterval(() => {
                if (!/: RUNNING/.test(output())) return
                clearInterval(timer)
                untilMs = Date.now() + 12_000
              }, 30)
              child.once('exit', () => clearInterval(timer))
            },
          },
        ),
    )
    expect([result.exitCode, errorOf(result), result.outputs.state]).toEqual([0, '', 'SUCCEEDED'])
    expect(result.log).toContain('503 on dataproc.projects.locations.batches.get; asking again')
    expect(result.log).toContain('│ the end')
  },
  300_000,
)

it.concurrent(
  'an outage of one answer, 404 just after the create, 401 or 403, is asked again',
  async () => {
    let isCreated = false
    let looks = 0
    const answers = [404, 401, 403]
    let refused: string | undefined
    const later: (string | undefined)[] = []
    const result = await job.through(
      (request, reply) => {
        isCreated ||= isCreate(request)
        const { authorization } = request.headers
        if (refused !== undefined) later.push(authorization)
        // Every other look, so that each stands alone.
        if (!isCreated || !isGet(request) || (looks += 1) % 2 === 0) return false
        const status = answers.shift()
        if (status === 401) refused = authorization
        return status === undefined ? false : answer(reply, status)
      },
      (env) => job.submit({ main: 'wait.py', args: '3' }, { env }),
    )
    // The token that was refused is not shown again.
    expect([later.length > 0, later.includes(refused)]).toEqual([true, false])
    expect([answers, result.exitCode, errorOf(result)]).toEqual([[], 0, ''])
  },
  300_000,
)

it.concurrent(
  'an outage of one answer, 403 or 401 before the create, is asked again',
  async () => {
    const answers = [403, 401]
    const result = await job.through(
      (request, reply) => {
        const status = isGet(request) ? answers.shift() : undefined
        return status === undefined ? false : answer(reply, status)
      },
      (env) => job.submit({ main: 'short.py', args: 'looked for' }, { env }),
    )
    expect([answers, result.exitCode, errorOf(result)]).toEqual([[], 0, ''])
  },
  300_000,
)

it.concurrent(
  'an outage in which 200 comes with an HTML page, nothing or half an answer is not believed',
  async () => {
    const bodies = ['<html><body>Sign in</body></html>', '', '{"name":"projects/p/loc']
    const planted = { create: 0, get: 0 }
    const result = await job.through(
      (request, reply) => {
        const kind = isCreate(request) ? 'create' : isGet(request) ? 'get' : undefined
        if (kind === undefined || (kind === 'get' && planted.create < bodies.length)) return false
        const body = bodies[planted[kind]]
        if (body === undefined) return false
        planted[kind] += 1
        reply.writeHead(200, { 'content-type': 'text/html' }).end(body)
        return true
      },
      (env) => job.submit({ main: 'wait.py', args: '2' }, { env }),
    )
    expect([planted, result.exitCode, errorOf(result)]).toEqual([{ create: 3, get: 3 }, 0, ''])
  },
  300_000,
)

it.concurrent(
  'an outage that outlasts the tolerance ends the step, and the post step outlasts it',
  async () => {
    let untilMs = 0
    await job.through(
      (request, reply) => {
        if (!isGet(request) || untilMs === 0) return false
        return Date.now() < untilMs ? answer(reply, 503) : false
      },
      async (env) => {
        const inputs = { main: 'gone.py', args: '600', 'poll-tolerance-minutes': '0.05' }
        const main = await job.submit(inputs, {
          env,
          onStart: (child, output) => {
            const timer = setInterval(() => {
              if (!/: RUNNING/.test(output())) return
              clearInterval(timer)
              untilMs = Date.now() + 3_600_000
            }, 30)
            child.once('exit', () => clearInterval(timer))
          },
        })
        expect([main.exitCode, errorOf(main)]).toEqual([
          1,
          expect.stringMatching(
            /no usable answer for 3 s \(poll-tolerance-minutes\)[\s\S]*the post step cancels it/,
          ),
        ])
        // The outage goes on for longer than main had patience.
        untilMs = Date.now() + 4_000
        const post = await job.submit(inputs, { env, entry: 'post', state: main.state })
        expect(post.log).toContain(`Asked Google to cancel batch ${main.state.batchId}`)
        expect(['CANCELLING', 'CANCELLED']).toContain((await showBatch(cloud, main.state.batchId!)).state)
      },
    )
  },
  300_000,
)

it.concurrent(
  'a re-run after a lost runner finds the batch that still runs, whatever the attempt',
  async () => {
    const inputs = { main: 'killed.py', args: '8' }
    const lost = await job.submit(inputs, killAt('│ started'))
    expect(lost.signal).toBe('SIGKILL')
    const again = await job.submit(inputs, { env: { GITHUB_RUN_ATTEMPT: '2' } })
    expect([again.exitCode, errorOf(again), again.outputs.state]).toEqual([0, '', 'SUCCEEDED'])
    expect(again.log).toContain(`Batch ${lost.state.batchId} is attached to`)
    expect(again.log).toContain('│ started')
    expect(await batchesLike(cloud, 'killed-')).toHaveLength(1)
    expect(again.summary).toContain('this request has made it already in this run')
  },
  300_000,
)

it.concurrent(
  'a re-run after a failure runs the job again, once for each failure',
  async () => {
    const ids = []
    for (const attempt of ['1', '2', '3']) {
      const result = await job.submit({ main: 'fails.py' }, { env: { GITHUB_RUN_ATTEMPT: attempt } })
      expect([result.exitCode, result.outputs.state]).toEqual([1, 'FAILED'])
      ids.push(result.outputs['batch-id'])
    }
    expect(new Set(ids).size).toBe(3)
    expect(await batchesLike(cloud, 'fails-')).toHaveLength(3)
  },
  300_000,
)

it.concurrent(
  "the driver's output is read to its end although the last part shows up three seconds late",
  async () => {
    let endedMs = 0
    const result = await job.through(
      async (request, reply) => {
        const url = request.url ?? ''
        if (isGet(request) && endedMs === 0) {
          const shown = await showBatch(cloud, url.slice(BATCHES.length + 1).replace(/\?.*/, ''))
          if (shown.state === 'SUCCEEDED') endedMs = Date.now()
        }
        if (!url.includes('driveroutput') || request.method !== 'GET' || !/\/o\?/.test(url)) return false
        if (endedMs > 0 && Date.now() - endedMs > 3_000) return false
        reply.writeHead(200, { 'content-type': 'application/json' }).end('{"kind":"storage#objects"}')
        return true
      },
      (env) => job.submit({ main: 'late.py', 'settle-seconds': '6' }, { env }),
    )
    expect([result.exitCode, result.outputs.state]).toEqual([0, 'SUCCEEDED'])
    expect(result.log).toContain('│ the last line')
  },
  300_000,
)

it.concurrent(
  "the driver's output that cannot be read is a warning with its place",
  async () => {
    const result = await job.through(
      (request, reply) => ((request.url ?? '').includes('driveroutput') ? answer(reply, 403) : false),
      (env) => job.submit({ main: 'short.py', args: 'unreadable' }, { env }),
    )
    expect([result.exitCode, result.outputs.state]).toEqual([0, 'SUCCEEDED'])
    expect(warningOf(result)).toMatch(/lines may be missing; it is at gs:\/\/\S+driveroutput\.\*: .*403/)
  },
  300_000,
)

it.concurrent(
  "the driver's output that answers 503 to the end is a warning with its place, not a failure",
  async () => {
    const result = await job.through(
      (request, reply) => ((request.url ?? '').includes('driveroutput') ? answer(reply, 503) : false),
      (env) => job.submit({ main: 'short.py', args: 'unheard' }, { env }),
    )
    expect([result.exitCode, result.outputs.state]).toEqual([0, 'SUCCEEDED'])
    expect(warningOf(result)).toMatch(/lines may be missing; it is at gs:\/\/\S+driveroutput\.\*: /)
  },
  300_000,
)

it.concurrent(
  'a failed batch whose account may not read says so in its first line, and annotates the line that asked',
  async () => {
    const result = await job.submit({ main: 'denied.py' })
    expect([result.exitCode, result.outputs.state]).toEqual([1, 'FAILED'])
    const said = result.annotations.find(({ message }) => message.startsWith('submit-spark:'))?.message ?? ''
    expect(said.split('\n')[0]).toMatch(/Running batch denied-\S+: it failed: java\.io\.IOException: \S/)
    expect(errorOf(result)).toMatch(/403|does not have storage\./)
    expect(errorOf(result)).toMatch(/Grant storage\.objects\.\w+ to caec-spark@/)
    expect(result.annotations).toContainEqual(
      expect.objectContaining({
        properties: expect.stringContaining('file=denied.py,line=4'),
        message: expect.stringContaining('java.io.IOException'),
      }),
    )
  },
  180_000,
)

it.concurrent(
  'a failed batch is reported without waiting for a usage that nobody counts',
  async () => {
    let after = 0
    const result = await job.through(
      async (request, reply) => {
        if (!isGet(request)) return false
        const id = (request.url ?? '').slice(BATCHES.length + 1).replace(/\?.*/, '')
        const shown = (await showBatch(cloud, id)) as unknown as { runtimeInfo?: object; state?: string }
        if (shown.state !== 'FAILED') return false
        after += 1
        const body = { ...shown, runtimeInfo: { ...shown.runtimeInfo, approximateUsage: undefined } }
        reply.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
        return true
      },
      (env) => job.submit({ main: 'uncounted.py' }, { env }),
    )
    expect([result.exitCode, result.outputs.state, result.outputs['cost-usd']]).toEqual([1, 'FAILED', ''])
    // 1 + 2 + 4 + 5 seconds of looks, not a minute of them.
    expect(after).toBeLessThanOrEqual(5)
    expect(result.log).toMatch(/FAILED \(Job failed with message \[ValueError: no\]/)
  },
  300_000,
)
