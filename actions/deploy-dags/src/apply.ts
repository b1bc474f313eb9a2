/**
 * Carries out a deployment: records, uploads, deletes, then asks Airflow. It refuses to go on to DAG files
 * when a module failed, and to delete when any upload failed.
 */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { applyGroups } from '../../_shared/apply.ts'
import { ConflictError, GoogleApiError } from '../../_shared/errors.ts'
import type { Google } from '../../_shared/google/connect.ts'
import { digestsOf, openStorage, type ObjectStorage } from '../../_shared/google/storage.ts'
import { assertNever, type Outcome } from '../../_shared/plan.ts'
import type { Runner } from '../../_shared/run.ts'
import { checkImports, sortErrors, type ChangedDag, type ImportCheck } from './check-imports.ts'
import type { DeployInputs } from './inputs.ts'
import type { Observed } from './observe.ts'
import { COMMIT_KEY, OWNER_KEY, type DeployStep } from './compare.ts'
import type { DeployPlan } from './plan.ts'

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

export interface Deployed extends Outcome<DeployStep, number | undefined> {
  /** undefined when Airflow was not asked. */
  readonly imports?: ImportCheck
}

export async function apply(
  plan: DeployPlan,
  inputs: DeployInputs,
  observed: Observed,
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
  // One file that cannot be written is the end: nobody goes on repeating.
  const failed = new AbortController()
  const stop = AbortSignal.any([runner.cancelled, failed.signal])
  const outcome = await applyGroups(
    [of('adopt'), of('upload', 'modules'), of('upload', 'dags'), of('delete')],
    AT_ONCE,
    async (step) => {
      try {
        const updatedMs = await change(step, {
          storage,
          folder: observed.folder,
          bucket: plan.bucket,
          metadata,
          stop,
        })
        runner.log.info(`${step.kind} ${step.target} (${step.reason})`)
        return updatedMs
      } catch (error) {
        failed.abort()
        throw error
      }
    },
    runner,
  )
  if (outcome.failure !== undefined) return outcome
  if (!inputs.areImportsChecked) return outcome
  try {
    return { ...outcome, imports: await askAirflow(plan, outcome.done, observed, inputs, google, runner) }
  } catch (error) {
    return { ...outcome, failure: error }
  }
}

/** Where nothing was changed, what Airflow said when this run looked is its answer. */
async function askAirflow(
  plan: DeployPlan,
  done: Deployed['done'],
  observed: Observed,
  inputs: DeployInputs,
  google: Google,
  runner: Runner,
): Promise<ImportCheck> {
  const files = new Set(plan.files)
  const before = observed.importErrors
  if (done.every(({ step }) => step.kind === 'adopt') && before !== undefined)
    return { ...sortErrors(before, files), unconfirmed: [] }
  const wasBroken = new Set(sortErrors(before ?? [], files).ours.map(({ file }) => file))
  const dags = new Map<string, ChangedDag>()
  for (const { step, result } of done)
    if (step.kind === 'upload' && step.phase === 'dags')
      dags.set(step.file, {
        updatedMs: result ?? Infinity,
        mustAppear: wasBroken.has(step.file) || (step.ifGeneration === '0' && plan.dagFiles.has(step.file)),
      })
  const isAnyModuleChanged = done.some(
    ({ step }) => step.kind === 'delete' || (step.kind === 'upload' && step.phase === 'modules'),
  )
  return checkImports(files, { dags, isAnyModuleChanged }, before, inputs, google, runner)
}

/** When an upload became visible. */
async function change(
  step: DeployStep,
  edge: {
    storage: ObjectStorage
    folder: string
    bucket: string
    metadata: Record<string, string>
    stop: AbortSignal
  },
): Promise<number | undefined> {
  const { storage, bucket, metadata, stop } = edge
  try {
    switch (step.kind) {
      case 'adopt':
        await storage.setMetadata(bucket, step.target, metadata, { ...step, stop })
        return undefined
      case 'delete':
        await storage.remove(bucket, step.target, { ...step, stop })
        return undefined
      case 'upload': {
        const data = await readFile(path.join(edge.folder, step.file))
        const { crc32c } = digestsOf(data)
        if (crc32c !== step.crc32c)
          throw new ConflictError(
            `Uploading ${step.file}: the file changed while this deployment ran; run it again.`,
            { step: step.target, expected: step.crc32c, found: crc32c },
          )
        const written = await storage.write(bucket, step.target, data, {
          ifGeneration: step.ifGeneration,
          contentType: CONTENT_TYPES[path.extname(step.file)] ?? 'application/octet-stream',
          metadata,
          stop,
        })
        return written.updatedMs
      }
      case 'conflict':
        return undefined
      default:
        return assertNever(step)
    }
  } catch (error) {
    if (step.kind === 'conflict') throw error
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
