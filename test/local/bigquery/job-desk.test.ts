/** When a job is written: before its caller hears of it, and once where its caller hears of it with its answer. */
import { expect, it } from '@jest/globals'
import type { Principal } from '../../../local/cloud/kernel.ts'
import type { JobRecord } from '../../../local/cloud/bigquery/engine/records.ts'
import type { Change } from '../../../local/cloud/bigquery/engine/warehouse.ts'
import { JobDesk, type NewJob } from '../../../local/cloud/bigquery/jobs/job-desk.ts'
import type { Room } from '../../../local/cloud/bigquery/room.ts'

const principal: Principal = { member: 'serviceAccount:a@b', email: 'a@b', memberSets: [] }
const wanted: NewJob = { principal, jobId: 'one', location: 'us', configuration: { jobType: 'QUERY' } }

function openDesk() {
  const jobs = new Map<string, JobRecord>()
  const written: string[] = []
  const warehouse = {
    jobs,
    database: { withSession: (work: (session: object) => unknown) => work({ interrupt: () => undefined }) },
    whileReading: (work: () => unknown) => work(),
    async commit(change: Change) {
      await Promise.resolve()
      for (const verify of change.verify) verify()
      for (const { key, record } of change.entries) {
        jobs.set(key, record as JobRecord)
        written.push((record as JobRecord).state)
      }
    },
  }
  const room = { warehouse, environment: { project: 'p' }, now: () => 1, log: () => undefined }
  let end: () => void = () => undefined
  const ended = new Promise<void>((resolve) => (end = resolve))
  const work = () => ended.then(() => ({ statistics: {} }))
  return { desk: new JobDesk(room as unknown as Room), written, work, end }
}

it('is written twice where its caller may ask for it at once', async () => {
  const { desk, written, work, end } = openDesk()
  const job = await desk.start(wanted, work)
  expect(written).toEqual(['PENDING'])
  end()
  expect(await desk.settle(job, 1000)).toMatchObject({ state: 'DONE' })
  expect(written).toEqual(['PENDING', 'DONE'])
})

it('is written once, done, where nobody has heard of it before', async () => {
  const { desk, written, work, end } = openDesk()
  const job = await desk.start({ ...wanted, isUnheard: true }, work)
  await expect(desk.start({ ...wanted, isUnheard: true }, work)).rejects.toMatchObject({ status: 409 })
  expect(desk.known(job)).toMatchObject({ state: 'RUNNING' })
  end()
  expect(await desk.settle(job, 1000)).toMatchObject({ state: 'DONE' })
  expect(written).toEqual(['DONE'])
})

it('is written before its caller hears that it goes on, unless it ends meanwhile', async () => {
  const { desk, written, work, end } = openDesk()
  const job = await desk.start({ ...wanted, isUnheard: true }, work)
  const waiting = await desk.settle(job, 1)
  expect(await desk.keep(waiting)).toMatchObject({ state: 'RUNNING' })
  expect(written).toEqual(['RUNNING'])
  end()
  await desk.settle(job, 1000)
  expect(await desk.keep(waiting)).toMatchObject({ state: 'DONE' })
  expect(written).toEqual(['RUNNING', 'DONE'])
})
