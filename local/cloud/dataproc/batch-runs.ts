/**
 * Lives the life of batches: queue, stage, run, publish, end. It decides nothing about who may ask and
 * answers no request.
 */
import { availableParallelism } from 'node:os'
import { mkdir, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { IdentityService } from '../identity/service.ts'
import type { ServiceContext } from '../kernel.ts'
import type { ObjectStore } from '../storage/object-store.ts'
import type { SparkTools } from '../../toolchain/index.ts'
import { isTerminal, outputObject, outputUri, type BatchRecord, type BatchState } from './batch-record.ts'
import type { BatchStore } from './batch-store.ts'
import { publishOutput, type DriverOutput } from './driver-output.ts'
import { failureMessage } from './failure-message.ts'
import { endLeftover, startGroup, type ProcessGroup } from '../processes/process-group.ts'
import { sparkCommand, sparkEnvironment } from './spark-command.ts'
import { stageFiles } from './staging.ts'
import { usageOf } from './usage.ts'
import { workloadOf } from './workload.ts'

const TICK_MS = 500
/** The managed service, too, fills in the usage a little after the end. */
const USAGE_DELAY_MS = 500

export interface BatchRuns {
  submit(record: BatchRecord): Promise<void>
  cancel(record: BatchRecord): Promise<void>
  close(): Promise<void>
}
export interface RunRooms extends ServiceContext {
  readonly objects: ObjectStore
  readonly identity: IdentityService
  readonly toolchain: { ensureSpark(progress: (line: string) => void): Promise<SparkTools> }
}
interface ActiveRun {
  group?: ProcessGroup
  stop?: { readonly state: 'CANCELLED' | 'FAILED'; readonly message: string }
}

export async function openBatchRuns(room: RunRooms, store: BatchStore): Promise<BatchRuns> {
  const queue: BatchRecord[] = []
  const active = new Map<string, { run: ActiveRun; done: Promise<void> }>()
  const slots = Math.max(1, Math.floor(availableParallelism() / 2))
  let isClosed = false

  async function change(record: BatchRecord, state: BatchState, message?: string): Promise<void> {
    if (isTerminal(record) || record.states.at(-1)!.state === state) return
    record.states = [...record.states, { state, atMs: room.now(), ...(message ? { message } : {}) }]
    await store.save(record)
  }

  function startNext(): void {
    while (!isClosed && active.size < slots && queue.length > 0) {
      const record = queue.shift()!
      const run: ActiveRun = {}
      const done = live(record, run)
        .catch((error: unknown) => room.log(`dataproc: batch ${record.batchId}: ${String(error)}`))
        .finally(() => {
          active.delete(record.uuid)
          startNext()
        })
      active.set(record.uuid, { run, done })
    }
  }

  async function live(record: BatchRecord, run: ActiveRun): Promise<void> {
    const folder = join(room.stateDir, 'runs', record.uuid)
    let metadata: { readonly host: string; close(): Promise<void> } | undefined
    try {
      for (const name of ['work', 'tmp', 'warehouse'])
        await mkdir(join(folder, name), { recursive: true, mode: 0o700 })
      const { serviceAccount } = record.request.environmentConfig.executionConfig
      const account = room.identity.principalOf(serviceAccount)
      const tools = await room.toolchain.ensureSpark(room.log)
      const staged = await stageFiles(workloadOf(record.request), folder, room.objects, account)
      metadata = await room.identity.openMetadataServer(serviceAccount)
      if (!run.stop) await drive(record, run, { folder, account, tools, staged, metadataHost: metadata.host })
      if (run.stop) await change(record, run.stop.state, run.stop.message)
    } catch (error) {
      await change(
        record,
        run.stop?.state ?? 'FAILED',
        run.stop?.message ??
          failureMessage(
            record,
            room.environment.project,
            error instanceof Error ? error.message : String(error),
          ),
      )
    } finally {
      await metadata?.close()
      await rm(folder, { recursive: true, force: true })
      await settleUsage(record)
    }
  }

  async function drive(
    record: BatchRecord,
    run: ActiveRun,
    given: Pick<Parameters<typeof sparkCommand>[0], 'folder' | 'tools' | 'staged' | 'metadataHost'> & {
      account: ReturnType<IdentityService['principalOf']>
    },
  ): Promise<void> {
    const { folder, account, tools } = given
    const spark = {
      ...given,
      request: record.request,
      origin: room.origin,
      project: room.environment.project,
    }
    const logFile = join(folder, 'driver.log')
    const log = await open(logFile, 'a', 0o600)
    const group = startGroup({
      python: tools.python,
      command: sparkCommand(spark),
      cwd: join(folder, 'work'),
      env: sparkEnvironment(spark),
      outputFd: log.fd,
    })
    run.group = group
    record.process = await group.mark
    await change(record, 'RUNNING')
    const bucket = record.request.environmentConfig.executionConfig.stagingBucket
    const output = publishOutput(logFile, { bucket, prefix: outputObject(record) }, room.objects, account)
    const watch = setInterval(() => watchRun(record, run, output), TICK_MS)
    try {
      const code = await group.ended
      await output.finish()
      if (run.stop) return
      if (code === 0) await change(record, 'SUCCEEDED')
      else
        await change(
          record,
          'FAILED',
          failureMessage(record, room.environment.project, await output.tail(), code),
        )
    } finally {
      clearInterval(watch)
      await log.close()
      delete record.process
    }
  }

  function watchRun(record: BatchRecord, run: ActiveRun, output: DriverOutput): void {
    output
      .publish()
      .catch((error: unknown) =>
        stop(
          run,
          'FAILED',
          `The driver output could not be written to ${outputUri(record)}: ${String((error as Error).message)}`,
        ),
      )
    const startedMs = record.states.find(({ state }) => state === 'RUNNING')!.atMs
    const { ttl } = record.request.environmentConfig.executionConfig
    if (room.now() - startedMs > Number.parseFloat(ttl) * 1000)
      stop(run, 'CANCELLED', `Batch ${record.batchId} is CANCELLED as ttl exceeded (${ttl}).`)
  }

  function stop(run: ActiveRun, state: 'CANCELLED' | 'FAILED', message: string): void {
    run.stop ??= { state, message }
    run.group?.end()
  }

  async function settleUsage(record: BatchRecord): Promise<void> {
    const started = record.states.find(({ state }) => state === 'RUNNING')
    if (!started || isClosed) return
    await new Promise((resolve) => setTimeout(resolve, USAGE_DELAY_MS))
    record.usage = usageOf(record.request, Math.max(0, record.states.at(-1)!.atMs - started.atMs) / 1000)
    await store.save(record)
  }

  for (const record of store.all().filter((one) => !isTerminal(one))) {
    if (record.process) await endLeftover(record.process)
    delete record.process
    await change(record, 'FAILED', `Batch ${record.batchId} was interrupted: the cloud it ran on stopped.`)
  }
  await rm(join(room.stateDir, 'runs'), { recursive: true, force: true })

  return {
    async submit(record) {
      await store.save(record)
      queue.push(record)
      startNext()
    },
    async cancel(record) {
      const queued = queue.indexOf(record)
      if (queued >= 0) {
        queue.splice(queued, 1)
        return change(record, 'CANCELLED', `Batch ${record.batchId} was cancelled.`)
      }
      const running = active.get(record.uuid)
      if (!running || isTerminal(record)) return
      await change(record, 'CANCELLING')
      stop(running.run, 'CANCELLED', `Batch ${record.batchId} was cancelled.`)
    },
    async close() {
      isClosed = true
      for (const record of queue.splice(0))
        await change(
          record,
          'FAILED',
          `Batch ${record.batchId} was interrupted: the cloud it ran on stopped.`,
        )
      for (const { run } of active.values())
        stop(run, 'FAILED', 'The batch was interrupted: the cloud it ran on stopped.')
      await Promise.all([...active.values()].map(({ done }) => done))
    },
  }
}
