/**
 * Killed without a word at every request to Cloud Storage: whatever a deployment left, `previous` leads to what was
 * there before it, and a rollback that was killed is finished by the next run.
 */
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import type { ChildProcess } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { startTestCloud, type TestCloud } from '../support/cloud.ts'
import { openProxy } from '../support/proxy.ts'
import { errorOf, runBundle } from '../support/runner.ts'
import { openDagsJob, type DagsJob } from './deploy-dags-job.ts'

let cloud: TestCloud
let job: DagsJob
beforeAll(async () => {
  cloud = await startTestCloud({ services: ['storage', 'composer'] })
  job = await openDagsJob(cloud)
})
afterAll(() => Promise.all([job.close(), cloud.close()]))

const BEFORE = { 'a.py': 'A = 1\n', 'gone.py': 'G = 1\n', 'kept.py': 'K = 1\n' }
const AFTER = { 'a.py': 'A = 2\n', 'kept.py': 'K = 1\n', 'new.py': 'N = 2\n' }
const inBucket = (files: Record<string, string>) =>
  Object.fromEntries(Object.entries(files).map(([name, text]) => [`dags/${name}`, text]))
async function contents(): Promise<Record<string, string>> {
  const names = await job.names()
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await job.contentOf(name)] as const)),
  )
}
async function source(files: Record<string, string>): Promise<void> {
  await rm(join(job.workspace, 'dags'), { recursive: true, force: true })
  await job.write(files)
}
const run = (number: number) => ({ GITHUB_RUN_ID: `${number}`, GITHUB_SHA: `${number}`.repeat(40) })
async function well(number: number, inputs: Record<string, string> = {}): Promise<void> {
  const result = await job.deploy(inputs, run(number))
  expect([result.exitCode, errorOf(result)]).toEqual([0, ''])
}
/** One run through a proxy. @returns how many requests it made; killed at `at`, before or after its work. */
async function through(
  number: number,
  inputs: Record<string, string>,
  at = 0,
  isAfter = false,
): Promise<number> {
  let seen = 0
  let child: ChildProcess | undefined
  const proxy = await openProxy(cloud.origin, async (_request, _reply, _body, forward) => {
    seen += 1
    if (seen !== at) return false
    if (isAfter) await forward()
    child?.kill('SIGKILL')
    return true
  })
  const { signal } = await runBundle('deploy-dags', {
    job,
    env: { ...job.env, ...run(number), CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE: proxy.origin },
    with: { environment: 'caec', location: 'us-central1', 'check-imports': 'false', ...inputs },
    onStart: (started) => {
      child = started
    },
  })
  proxy.close()
  expect(signal).toBe(at === 0 ? null : 'SIGKILL')
  return seen
}
async function begin(): Promise<void> {
  await job.empty()
  await source(BEFORE)
  await well(1)
  await source(AFTER)
}

it('a deployment, killed at each request: gone on with, and then taken back as one', async () => {
  await begin()
  const requests = await through(2, {})
  for (let at = 1; at <= requests; at += 1)
    for (const isAfter of [false, true]) {
      await begin()
      await through(2, {}, at, isAfter)
      await well(3)
      expect([at, isAfter, await contents()]).toEqual([at, isAfter, inBucket(AFTER)])
      await well(4, { 'rollback-to': 'previous' })
      expect([at, isAfter, await contents()]).toEqual([at, isAfter, inBucket(BEFORE)])
    }
}, 900_000)

it('a rollback, killed at each request: the next run finishes it, also as another run', async () => {
  const back = { 'rollback-to': 'previous' }
  await begin()
  await well(2)
  const requests = await through(3, back)
  for (let at = 1; at <= requests; at += 1)
    for (const isAfter of [false, true]) {
      await begin()
      await well(2)
      await through(3, back, at, isAfter)
      await well(3, back)
      expect([at, isAfter, await contents()]).toEqual([at, isAfter, inBucket(BEFORE)])
    }
}, 900_000)
