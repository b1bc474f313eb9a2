/**
 * Outages of 5, 12 and 120 seconds at every phase of a batch, and a runner that is lost at every request and run
 * again: never two live batches of one request, never one that nobody watches or cancelled.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { ChildProcess } from 'node:child_process'
import type { IncomingMessage } from 'node:http'
import { startTestCloud, type TestCloud } from '../support/cloud.ts'
import {
  answer,
  BATCHES,
  batchesLike,
  errorOf,
  isCreate,
  isGet,
  openSparkJob,
  showBatch,
  warningOf,
  type SparkJob,
} from './submit-spark-jobs.ts'

let cloud: TestCloud
let job: SparkJob
beforeAll(async () => {
  cloud = await startTestCloud({ services: ['storage', 'dataproc'] })
  job = await openSparkJob(cloud)
})
afterAll(() => Promise.all([job?.close(), cloud?.close()]))

const isStorage = (request: IncomingMessage): boolean => /^\/(upload\/)?storage\//.test(request.url ?? '')
const idOf = (request: IncomingMessage): string =>
  (request.url ?? '').slice(BATCHES.length + 1).replace(/\?.*/, '')

describe('an outage of everything', () => {
  const phases = ['look', 'stage', 'create', 'pending', 'running', 'end'] as const
  type Phase = (typeof phases)[number]

  /** What became of one request whose outage begins in this phase. */
  const suffer = async (phase: Phase, seconds: number): Promise<unknown> => {
    const stem = `out-${phase}-${seconds}`
    await job.write({ [`${stem}.py`]: 'import time\ntime.sleep(3)\nprint("the end")\n' })
    let untilMs: number | undefined
    let isCreated = false
    const begins = async (request: IncomingMessage): Promise<boolean> => {
      if (phase === 'look') return isGet(request)
      if (phase === 'stage') return request.method === 'POST' && isStorage(request)
      if (phase === 'create') return isCreate(request)
      if (!isCreated || !isGet(request)) return false
      const { state } = await showBatch(cloud, idOf(request))
      const wanted = { pending: ['PENDING', 'RUNNING'], running: ['RUNNING'], end: ['SUCCEEDED'] }[phase]
      return wanted.includes(state)
    }
    const result = await job.through(
      async (request, reply) => {
        if (untilMs === undefined && (await begins(request))) untilMs = Date.now() + seconds * 1000
        if (untilMs !== undefined && Date.now() < untilMs) return answer(reply, 503)
        isCreated ||= isCreate(request)
        return false
      },
      (env) => job.submit({ main: `${stem}.py` }, { env }),
    )
    const batches = await batchesLike(cloud, stem)
    const isRead = result.log.includes('│ the end')
    return {
      phase,
      hasBegun: untilMs !== undefined,
      exitCode: result.exitCode,
      state: result.outputs.state,
      batches: batches.length,
      isRead,
      isTold: isRead || warningOf(result).includes('lines may be missing'),
      says503: errorOf(result).includes('503'),
    }
  }
  const good = {
    hasBegun: true,
    exitCode: 0,
    state: 'SUCCEEDED',
    batches: 1,
    isRead: true,
    isTold: true,
    says503: false,
  }

  it.each([5, 12, 120])(
    'of %i s ends in success at every phase, or in an error before there is a batch',
    async (seconds) => {
      const seen = await Promise.all(phases.map((phase) => suffer(phase, seconds)))
      const wanted = phases.map((phase) => {
        // Reading the output may have given up by then, and says so.
        if (phase === 'end' && seconds === 120) return { phase, ...good, isRead: expect.any(Boolean) }
        // Files have the budget of a request: nothing was submitted.
        if (phase === 'stage' && seconds === 120)
          return {
            phase,
            ...good,
            exitCode: 1,
            state: '',
            batches: 0,
            isRead: false,
            isTold: false,
            says503: true,
          }
        return { phase, ...good }
      })
      expect(seen).toEqual(wanted)
    },
    600_000,
  )
})

describe('a runner lost at a request, and run again', () => {
  /** Kills the action at its n-th request of this edge, before the cloud sees it or once it has done the work. */
  const loseAt = async (stem: string, n: number, isDone: boolean): Promise<boolean> => {
    let child: ChildProcess | undefined
    let count = 0
    let isLost = false
    const lost = await job.through(
      async (request) => {
        count += 1
        if (count !== n || isLost) return false
        isLost = true
        if (!isDone) {
          child?.kill('SIGKILL')
          request.socket.destroy()
          return true
        }
        setTimeout(() => child?.kill('SIGKILL'), 400)
        return false
      },
      (env) => job.submit({ main: `${stem}.py` }, { env, onStart: (started) => (child = started) }),
    )
    return lost.signal === 'SIGKILL'
  }

  it.each([false, true])(
    '(after the work was done: %s) ends with one batch',
    async (isDone) => {
      for (let n = 1; n <= 14; n += 1) {
        const stem = `lost-${isDone ? 'after' : 'before'}-${n}`
        await job.write({ [`${stem}.py`]: 'import time\ntime.sleep(2)\nprint("the end")\n' })
        const wasLost = await loseAt(stem, n, isDone)
        const again = await job.submit({ main: `${stem}.py` }, { env: { GITHUB_RUN_ATTEMPT: '2' } })
        expect([n, again.exitCode, errorOf(again), again.outputs.state]).toEqual([n, 0, '', 'SUCCEEDED'])
        const batches = await batchesLike(cloud, `${stem}-`)
        expect([n, batches.map(({ state }) => state)]).toEqual([n, ['SUCCEEDED']])
        if (!wasLost) break
      }
    },
    900_000,
  )
})
