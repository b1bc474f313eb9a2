/**
 * Carries out a deployment: records, uploads, deletes, then asks Airflow. It refuses to go on to DAG files
 * when a module failed, and to delete when any upload failed.
 */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import pMap from 'p-map'
import { ConflictError, GoogleApiError, WorkFailedError } from '../../_shared/errors.ts'
import { runAirflowCommand } from '../../_shared/google/composer.ts'
import type { Google } from '../../_shared/google/connect.ts'
import { pause } from '../../_shared/google/retry.ts'
import { digestsOf, openStorage, type ObjectStorage } from '../../_shared/google/storage.ts'
import { assertNever, type Outcome } from '../../_shared/plan.ts'
import type { Runner } from '../../_shared/run.ts'
import { fileOf, readImportErrors, type ImportError } from './import-errors.ts'
import type { DeployInputs } from './inputs.ts'
import { COMMIT_KEY, OWNER_KEY, type DeployPlan, type DeployStep } from './plan.ts'

const AT_ONCE = 16
const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.py': 'text/x-python',
  '.sql': 'text/plain',
  '.json': 'application/json',
  '.yaml': 'text/plain',
  '.yml': 'text/plain',
  '.txt': 'text/plain',
  '.md': 'text/markdown',
  '.csv': 'text/csv',
}

export interface Deployed extends Outcome<DeployStep> {
  /** undefined when Airflow was not asked. */
  readonly importErrors?: {
    readonly ours: readonly (ImportError & { file: string })[]
    readonly others: readonly ImportError[]
  }
}

export async function apply(
  plan: DeployPlan,
  inputs: DeployInputs,
  folder: string,
  google: Google,
  runner: Runner,
): Promise<Deployed> {
  const storage = openStorage(google)
  const done: { step: DeployStep }[] = []
  const metadata = { [OWNER_KEY]: plan.owner, [COMMIT_KEY]: runner.context.sha || 'unknown' }
  const of = (kind: DeployStep['kind'], phase?: string) =>
    plan.steps.filter(
      (step) =>
        step.kind === kind && (phase === undefined || (step.kind === 'upload' && step.phase === phase)),
    )
  for (const group of [of('adopt'), of('upload', 'modules'), of('upload', 'dags'), of('delete')]) {
    const failures: unknown[] = []
    // One file that cannot be written is the end: no other is begun, and nobody goes on repeating.
    const failed = new AbortController()
    const stop = AbortSignal.any([runner.cancelled, failed.signal])
    await pMap(
      group,
      async (step) => {
        if (runner.cancelled.aborted || failed.signal.aborted) return
        try {
          await change(step, { storage, folder, bucket: plan.bucket, metadata, stop })
          done.push({ step })
          runner.log.info(`${step.kind} ${step.target} (${step.reason})`)
        } catch (error) {
          failures.push(error)
          failed.abort()
          runner.log.info(`${step.kind} ${step.target}: ${(error as Error).message}`)
        }
      },
      { concurrency: AT_ONCE },
    )
    if (failures.length > 0) return { isApplied: true, done, failure: failures[0] }
    if (runner.cancelled.aborted)
      return {
        isApplied: true,
        done,
        failure: new WorkFailedError(
          'Deploying DAGs: the run was cancelled; what the summary calls done is in the bucket, run again for the rest.',
          { problem: 'cancelled' },
        ),
      }
  }
  if (!inputs.areImportsChecked) return { isApplied: true, done }
  try {
    const importErrors = await checkImports(plan, inputs, google, runner, done.length > 0)
    return { isApplied: true, done, importErrors }
  } catch (error) {
    return { isApplied: true, done, failure: error }
  }
}

async function change(
  step: DeployStep,
  edge: {
    storage: ObjectStorage
    folder: string
    bucket: string
    metadata: Record<string, string>
    stop: AbortSignal
  },
): Promise<void> {
  const { storage, bucket, metadata, stop } = edge
  try {
    switch (step.kind) {
      case 'adopt':
        return await storage.setMetadata(bucket, step.target, metadata, { ...step, stop })
      case 'delete':
        return await storage.remove(bucket, step.target, { ...step, stop })
      case 'upload': {
        const data = await readFile(path.join(edge.folder, step.file))
        const { crc32c } = digestsOf(data)
        if (crc32c !== step.crc32c)
          throw new ConflictError(
            `Uploading ${step.file}: the file changed while this deployment ran; run it again.`,
            { step: step.target, expected: step.crc32c, found: crc32c },
          )
        await storage.write(bucket, step.target, data, {
          ifGeneration: step.ifGeneration,
          contentType: CONTENT_TYPES[path.extname(step.file)] ?? 'application/octet-stream',
          metadata,
          stop,
        })
        return
      }
      default:
        return assertNever(step)
    }
  } catch (error) {
    const isMoved =
      error instanceof GoogleApiError &&
      (error.status === 412 || (error.status === 404 && step.kind !== 'upload'))
    if (!isMoved) throw error
    throw new ConflictError(
      `Deploying ${step.target} (${step.kind}): somebody changed it after this run looked; run it again.`,
      {
        step: step.target,
        expected: `generation ${step.ifGeneration}`,
        found: 'another generation',
        hint: 'A concurrency group for deployments to one environment prevents this.',
      },
    )
  }
}

async function checkImports(
  plan: DeployPlan,
  inputs: DeployInputs,
  google: Google,
  runner: Runner,
  isChanged: boolean,
): Promise<NonNullable<Deployed['importErrors']>> {
  const startMs = Date.now()
  const untilMs = startMs + (isChanged ? Math.min(inputs.syncWaitMs, inputs.timeoutMs) : 0)
  const ref = { projectId: google.projectId, location: inputs.location, environment: inputs.environment }
  for (;;) {
    const result = await runAirflowCommand(
      google,
      ref,
      { command: 'dags', subcommand: 'list-import-errors', parameters: ['-o', 'json'] },
      { deadlineMs: startMs + inputs.timeoutMs, signal: runner.cancelled },
    )
    const errors = readImportErrors(result.lines)
    // Newer Airflow exits 1 when there are import errors; only output without a list is a failed command.
    if (
      errors === undefined &&
      (result.exitCode !== 0 || result.error || result.lines.some((line) => line.trim() !== ''))
    ) {
      throw new WorkFailedError(
        `Asking Airflow for import errors: the command ended with ${result.exitCode}${result.error ? ` (${result.error})` : ''} and printed no list.`,
        {
          lastLines: result.lines.slice(-20),
          problem: 'airflow-command',
          hint: 'The files are deployed. Run the command in the environment, or set check-imports: false.',
        },
      )
    }
    const placed = (errors ?? []).map((error) => ({ ...error, file: fileOf(error, plan.files) }))
    const ours = placed.filter((error): error is ImportError & { file: string } => error.file !== undefined)
    if (ours.length > 0 || Date.now() >= untilMs || runner.cancelled.aborted)
      return { ours, others: placed.filter(({ file }) => file === undefined) }
    runner.log.info(
      `No import errors so far; asking again for ${Math.ceil((untilMs - Date.now()) / 1000)} s, until Composer has seen the new files.`,
    )
    await pause(Math.min(20_000, untilMs - Date.now()), runner.cancelled)
  }
}
