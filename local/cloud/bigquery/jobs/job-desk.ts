/** Starts, watches, cancels and remembers jobs; it does not know what a job does. */
import { randomUUID } from 'node:crypto'
import { CloudError, type Principal } from '../../kernel.ts'
import type { Session } from '../engine/database.ts'
import type { ErrorProto, JobRecord } from '../engine/records.ts'
import { alreadyExists, invalid, jobNotFound } from '../engine/refusals.ts'
import { Change, jobKey } from '../engine/warehouse.ts'
import type { Room } from '../room.ts'

export interface Outcome {
  readonly statistics: Readonly<Record<string, unknown>>
  readonly configuration?: Readonly<Record<string, unknown>>
  readonly result?: JobRecord['result']
}
export interface JobRun {
  readonly job: JobRecord
  readonly principal: Principal
  readonly session: Session
  /** Puts the finished job into the change that carries its data, so that both or neither survive a crash. */
  readonly conclude: (change: Change, outcome: Outcome) => void
  /** For work that may go on without asking the engine for anything. */
  readonly throwIfCancelled: () => void
}
export type JobWork = (run: JobRun) => Promise<Outcome>

export interface NewJob {
  readonly principal: Principal
  readonly jobId?: string
  readonly location: string
  readonly configuration: Readonly<Record<string, unknown>>
  readonly timeoutMs?: number
  readonly parentJobId?: string
  /**
   * It changes nothing, and its caller hears of it with its answer: written when it has ended, or by `keep`. A crash
   * before leaves no trace of it.
   */
  readonly isUnheard?: boolean
}

export class JobDesk {
  readonly #room: Room
  readonly #running = new Map<string, { session?: Session; cancel?: CloudError; done: Promise<void> }>()

  constructor(room: Room) {
    this.#room = room
  }

  /** Jobs that a crash cut off changed nothing: their clients are told to try again. */
  async recover(): Promise<void> {
    const change = new Change()
    for (const job of this.#room.warehouse.jobs.values()) {
      if (job.state !== 'DONE')
        change.putJob({
          ...job,
          state: 'DONE',
          endMs: this.#room.now(),
          error: {
            reason: 'backendError',
            message: 'The job was interrupted by a restart and changed nothing. Retry the job.',
            httpStatus: 503,
          },
        })
    }
    if (change.entries.length > 0) await this.#room.warehouse.commit(change)
  }

  async start(wanted: NewJob, work: JobWork): Promise<JobRecord> {
    const { warehouse, environment, now } = this.#room
    const jobId = wanted.jobId ?? `job_${randomUUID().replaceAll('-', '').slice(0, 28)}`
    if (!/^[A-Za-z0-9_-]{1,1024}$/.test(jobId))
      throw invalid(
        `Invalid job ID "${jobId}". Job IDs must be alphanumeric (plus underscores and dashes) and must be at most 1024 characters long.`,
      )
    const job: JobRecord = {
      projectId: environment.project,
      jobId,
      location: wanted.location,
      member: wanted.principal.member,
      email: wanted.principal.email,
      configuration: wanted.configuration,
      state: 'PENDING',
      creationMs: now(),
      statistics: {},
      ...(wanted.parentJobId ? { parentJobId: wanted.parentJobId } : {}),
    }
    const key = jobKey(job)
    const refuseTwice = (): void => {
      if (warehouse.jobs.has(key)) throw alreadyExists('Job', `${job.projectId}:${job.location}.${jobId}`)
    }
    if (wanted.isUnheard) {
      refuseTwice()
      warehouse.jobs.set(key, job)
    } else {
      const change = new Change()
      change.putJob(job)
      change.verify.push(refuseTwice)
      await warehouse.commit(change)
    }
    const entry: { session?: Session; cancel?: CloudError; done: Promise<void> } = { done: Promise.resolve() }
    this.#running.set(key, entry)
    entry.done = this.#execute(job, wanted, work, entry).finally(() => this.#running.delete(key))
    return warehouse.jobs.get(key) ?? job
  }

  async #execute(
    job: JobRecord,
    wanted: NewJob,
    work: JobWork,
    entry: { session?: Session; cancel?: CloudError },
  ): Promise<void> {
    const { warehouse, now } = this.#room
    const started: JobRecord = { ...job, state: 'RUNNING', startMs: now() }
    warehouse.jobs.set(jobKey(job), started)
    const finish = (outcome: Outcome): JobRecord => ({
      ...started,
      state: 'DONE',
      endMs: now(),
      statistics: outcome.statistics,
      ...(outcome.configuration ? { configuration: outcome.configuration } : {}),
      ...(outcome.result ? { result: outcome.result } : {}),
    })
    const timer = wanted.timeoutMs
      ? setTimeout(
          () => this.#stop(entry, `Job timed out after ${wanted.timeoutMs! / 1000} sec`),
          wanted.timeoutMs,
        )
      : undefined
    try {
      await warehouse.whileReading(() =>
        warehouse.database.withSession(async (session) => {
          entry.session = session
          if (entry.cancel) throw entry.cancel
          let isConcluded = false
          const conclude = (change: Change, outcome: Outcome): void => {
            isConcluded = true
            change.putJob(finish(outcome))
          }
          const throwIfCancelled = (): void => {
            if (entry.cancel) throw entry.cancel
          }
          const { principal } = wanted
          const outcome = await work({ job: started, principal, session, conclude, throwIfCancelled })
          if (isConcluded) return
          const change = new Change()
          change.putJob(finish(outcome))
          await warehouse.commit(change)
        }),
      )
    } catch (error) {
      await this.#fail(started, entry.cancel ?? error)
    } finally {
      clearTimeout(timer)
    }
  }

  async #fail(job: JobRecord, error: unknown): Promise<void> {
    const known = error instanceof CloudError ? error : undefined
    if (!known)
      this.#room.log(
        `bigquery job ${job.jobId} failed inside: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      )
    const isQuery = job.configuration.jobType === 'QUERY'
    const said = known?.status === 501 ? 'invalidQuery' : (known?.reason ?? 'internalError')
    const reason = said === 'invalidQuery' && !isQuery ? 'invalid' : said
    const statistics = (error as { statistics?: Record<string, unknown> }).statistics ?? {}
    const failed: JobRecord = {
      ...job,
      state: 'DONE',
      endMs: this.#room.now(),
      statistics,
      error: {
        reason,
        message: known?.message ?? 'An internal error occurred and the request could not be completed.',
        httpStatus: known ? (known.status === 501 ? 400 : known.status) : 500,
        ...(known?.location ? { location: known.location } : {}),
      },
    }
    const change = new Change()
    change.putJob(failed)
    await this.#room.warehouse
      .commit(change)
      .catch(() => this.#room.warehouse.jobs.set(jobKey(failed), failed))
  }

  find(projectId: string, jobId: string, location: string | null): JobRecord {
    // Google looks only in the US and EU multi-regions unless it is told where.
    const places = location ? [location] : ['us', 'eu']
    for (const place of places) {
      const job = this.known({ location: place, jobId })
      if (job) return job
    }
    throw jobNotFound(projectId, jobId)
  }

  /** Like `find`, for whoever knows the place; undefined where there is none. */
  known(reference: { readonly location: string; readonly jobId: string }): JobRecord | undefined {
    return this.#room.warehouse.jobs.get(jobKey(reference))
  }

  /** The job when it is done, or as it is after the time given. */
  async settle(job: JobRecord, timeoutMs: number, signal?: AbortSignal): Promise<JobRecord> {
    const key = jobKey(job)
    const entry = this.#running.get(key)
    if (entry) {
      let timer: NodeJS.Timeout | undefined
      const waited = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, timeoutMs)
        signal?.addEventListener('abort', () => resolve(), { once: true })
      })
      await Promise.race([entry.done, waited])
      clearTimeout(timer)
    }
    return this.#room.warehouse.jobs.get(key) ?? job
  }

  /** Its caller is about to hear of a job that goes on: from now on it is known after a crash too. */
  async keep(job: JobRecord): Promise<JobRecord> {
    const { warehouse } = this.#room
    const key = jobKey(job)
    const isDone = (): boolean => warehouse.jobs.get(key)?.state === 'DONE'
    const change = new Change()
    change.putJob(job)
    change.verify.push(() => {
      if (isDone()) throw new Error('it ended meanwhile, and is written')
    })
    await warehouse.commit(change).catch((error: unknown) => {
      if (!isDone()) throw error
    })
    return warehouse.jobs.get(key) ?? job
  }

  cancel(job: JobRecord): void {
    const entry = this.#running.get(jobKey(job))
    if (entry) this.#stop(entry, 'User requested cancellation')
  }

  #stop(entry: { session?: Session; cancel?: CloudError }, why: string): void {
    entry.cancel ??= new CloudError(499, 'stopped', `Job execution was cancelled: ${why}`)
    entry.session?.interrupt()
  }

  async close(): Promise<void> {
    const entries = [...this.#running.values()]
    for (const entry of entries) this.#stop(entry, 'The local BigQuery is closing')
    await Promise.allSettled(entries.map((entry) => entry.done))
  }
}

export const showError = ({ reason, message, location }: ErrorProto): ErrorProto => ({
  reason,
  message,
  ...(location ? { location } : {}),
})
