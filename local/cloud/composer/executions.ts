/**
 * Runs Airflow commands one at a time, each against a fresh copy of the DAGs and a fresh database, and keeps
 * their lines for polling.
 */
import { randomUUID } from 'node:crypto'
import { copyFile, mkdir, open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { IdentityService } from '../identity/service.ts'
import type { ServiceContext } from '../kernel.ts'
import { startGroup, type ProcessGroup } from '../processes/process-group.ts'
import type { ObjectStore } from '../storage/object-store.ts'
import type { AirflowTools, Progress } from '../../toolchain/index.ts'
import { airflowEnvironment } from './airflow-environment.ts'
import { copyDags } from './dags-folder.ts'

const SCRIPT = fileURLToPath(new URL('./airflow_command.py', import.meta.url))
const RUN_LIMIT_MS = 10 * 60_000
const KEPT_MS = 60 * 60_000
const OUTPUT_LIMIT_BYTES = 8 * 1024 * 1024

export interface Execution {
  readonly id: string
  readonly startedMs: number
  /** Complete lines so far; all of them once `exit` is set. */
  lines: readonly string[]
  exit?: { readonly exitCode: number; readonly error?: string }
  readonly stop: (message: string) => void
}
export interface Executions {
  start(command: readonly string[]): Execution
  find(id: string): Execution | undefined
  close(): Promise<void>
}
export interface AirflowRooms extends ServiceContext {
  readonly objects: ObjectStore
  readonly identity: IdentityService
  readonly toolchain: {
    ensureAirflow(progress: Progress): Promise<AirflowTools>
    ensureAirflowDatabase(airflow: string, progress: Progress): Promise<string>
  }
}

export async function openExecutions(room: AirflowRooms): Promise<Executions> {
  const root = join(room.stateDir, 'executions')
  // What an earlier process left cannot be polled any more.
  await rm(root, { recursive: true, force: true })
  const executions = new Map<string, Execution>()
  let last: Promise<void> = Promise.resolve()

  async function run(
    execution: Execution,
    command: readonly string[],
    control: { group?: ProcessGroup; stopped?: string },
  ): Promise<void> {
    const folder = join(root, execution.id)
    try {
      if (control.stopped) throw new Error(control.stopped)
      const dags = join(folder, 'dags')
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const { composer } = room.environment.serviceAccounts as { composer: string }
      const { python, airflow } = await room.toolchain.ensureAirflow(room.log)
      const template = await room.toolchain.ensureAirflowDatabase(airflow, room.log)
      const database = join(folder, 'airflow.db')
      await Promise.all([
        copyDags(room.objects, room.identity.principalOf(composer), room.environment.buckets.dags, dags),
        copyFile(template, database),
      ])
      const metadata = await room.identity.openMetadataServer(composer)
      const outputFile = join(folder, 'output')
      const output = await open(outputFile, 'a', 0o600)
      try {
        if (control.stopped) throw new Error(control.stopped)
        control.group = startGroup({
          python,
          command: [python, '-I', SCRIPT, ...command],
          cwd: folder,
          env: airflowEnvironment({
            environment: room.environment,
            folder,
            dags,
            database,
            python,
            metadataHost: metadata.host,
          }),
          outputFd: output.fd,
        })
        const limit = setTimeout(
          () => execution.stop('The command ran longer than 10 minutes.'),
          RUN_LIMIT_MS,
        )
        const exitCode = await control.group.ended.finally(() => clearTimeout(limit))
        execution.lines = linesOf(await readFile(outputFile, 'utf8'))
        const error =
          control.stopped ?? (exitCode === 0 ? undefined : `command terminated with exit code ${exitCode}`)
        execution.exit = { exitCode, ...(error ? { error } : {}) }
      } finally {
        await output.close()
        await metadata.close()
      }
    } catch (error) {
      room.log(`composer: ${String((error as Error).message)}`)
      execution.exit = { exitCode: 1, error: (error as Error).message }
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }

  return {
    start(command) {
      for (const old of executions.values())
        if (old.exit && room.now() - old.startedMs > KEPT_MS) executions.delete(old.id)
      const control: { group?: ProcessGroup; stopped?: string } = {}
      const execution: Execution = {
        id: randomUUID(),
        startedMs: room.now(),
        lines: [],
        stop(message) {
          control.stopped ??= message
          control.group?.end()
        },
      }
      executions.set(execution.id, execution)
      last = last.then(() => run(execution, command, control))
      return execution
    },
    find: (id) => executions.get(id),
    async close() {
      for (const execution of executions.values())
        if (!execution.exit) execution.stop('The cloud it ran on stopped.')
      await last
    },
  }
}

function linesOf(text: string): string[] {
  return text
    .slice(0, OUTPUT_LIMIT_BYTES)
    .replace(/\r?\n$/, '')
    .split(/\r?\n/)
}
