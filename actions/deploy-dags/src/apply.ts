/**
 * Carries out a deployment: records, uploads, deletes, then asks Airflow. It refuses to go on to DAG files
 * when a module failed, and to delete when any upload failed.
 */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { applyGroups } from '../../_shared/apply.ts'
import { ConflictError, GoogleApiError, WorkFailedError } from '../../_shared/errors.ts'
import { runAirflowCommand } from '../../_shared/google/composer.ts'
import type { Google } from '../../_shared/google/connect.ts'
import { pause } from '../../_shared/google/retry.ts'
import { digestsOf, openStorage, type ObjectStorage } from '../../_shared/google/storage.ts'
import { assertNever, type Outcome } from '../../_shared/plan.ts'
import type { Runner } from '../../_shared/run.ts'
import { fileOf, readImportErrors, type ImportError } from './import-errors.ts'
import type { DeployInputs } from './inputs.ts'
import type { Observed } from './observe.ts'
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
  { folder }: Pick<Observed, 'folder'>,
  google: Google,
  runner: Runner,
): Promise<Deployed> {
  const storage = openStorage(google)
  const metadata = { [OWNER_KEY]: plan.owner, [COMMIT_KEY]: runner.context.sha || 'unknown' }
  const of = (kind: DeployStep['kind'], phase?: string) =>
    plan.steps.filter(
      (step) =>
        step.kind === kind && (phase === undefined || (step.kind === 'upload' && step.phase === phase)),
    )
  const outcome = await applyGroups(
    [of('adopt'), of('upload', 'modules'), of('upload', 'dags'), of('delete')],
    AT_ONCE,
    async (step) => {
      await change(step, { storage, folder, bucket: plan.bucket, metadata })
      runner.log.info(`${step.kind} ${step.target} (${step.reason})`)
    },
    runner,
  )
  if (outcome.failure !== undefined) return outcome
  const { done } = outcome
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
  edge: { storage: ObjectStorage; folder: string; bucket: string; metadata: Record<string, string> },
): Promise<void> {
  const { storage, bucket, metadata } = edge
  try {
    switch (step.kind) {
      case 'adopt':
        return await storage.setMetadata(bucket, step.target, metadata, step)
      case 'delete':
        return await storage.remove(bucket, step.target, step)
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
