/**
 * Writes down a deployment before it changes anything, keeps what it replaces, and says at its end that it is
 * complete. It refuses to let a deployment fail for want of the right to write that down: it says what is missing.
 */
import pMap from 'p-map'
import { cancelled, ConflictError, GoogleApiError, isRightMissing } from '../../_shared/errors.ts'
import type { ObjectStorage } from '../../_shared/google/storage.ts'
import { planDigest } from '../../_shared/plan.ts'
import type { Runner } from '../../_shared/run.ts'
import { contentTypeOf } from './change-file.ts'
import { OWNER_KEY, type DeployStep } from './compare.ts'
import type { DeployPlan } from './deploy-plan.ts'
import type { History } from './history.ts'
import type { DeployInputs } from './inputs.ts'
import {
  markOf,
  metadataOf,
  nextId,
  placesOf,
  readRecord,
  RECORD_KEY,
  type DeploymentRecord,
} from './records.ts'

export const AT_ONCE = 16

export interface Kept {
  /** undefined when nothing was changed, or no record could be kept. */
  readonly record?: DeploymentRecord
  /** Said as warnings. */
  readonly warnings: readonly string[]
}
export interface Keeping {
  readonly plan: DeployPlan
  readonly inputs: Pick<DeployInputs, 'recordsKept' | 'run'>
  readonly history: History
  readonly storage: ObjectStorage
  readonly runner: Pick<Runner, 'context' | 'cancelled' | 'log'>
}
export interface OpenRecord extends Kept {
  /** After all changes; then the oldest records go. */
  complete(): Promise<readonly string[]>
}
const NONE: OpenRecord = { warnings: [], complete: () => Promise.resolve([]) }

/** Before the first change: the record, then copies of what will be replaced or deleted. */
export async function beginRecord(keeping: Keeping): Promise<OpenRecord> {
  const { plan, inputs, history } = keeping
  if (inputs.recordsKept === 0) return NONE
  if (history.refusal !== undefined) return without(history.refusal)
  if (plan.steps.length === 0) return finishLast(keeping)
  const record = recordOf(keeping)
  let generation: string
  try {
    generation = await write(record, '0', keeping)
  } catch (error) {
    if (isRightMissing(error)) return without(error.message)
    if (error instanceof GoogleApiError && error.status === 412) throw begunAtOnce(record.id)
    throw error
  }
  const warnings: string[] = []
  try {
    await copyReplaced(record.id, keeping)
  } catch (error) {
    if (!isRightMissing(error)) throw error
    warnings.push(
      `What this deployment replaces is not kept, so no rollback brings it back: ${error.message} ${GRANT}`,
    )
  }
  return { record, warnings, complete: () => completeRecord(record, generation, keeping) }
}

const GRANT =
  "Grant the deploying account these rights on objects/clickstream-deployments/ of the bucket as well, or set keep-records: '0'."
const without = (refusal: string): OpenRecord => ({
  ...NONE,
  warnings: [
    `No record of this deployment is kept, and none of an earlier one was read (no rollback, no check for an older commit): ${refusal} ${GRANT}`,
  ],
})
const begunAtOnce = (id: string): ConflictError =>
  new ConflictError(
    `Recording the deployment: another one wrote the record ${id} at the same moment; run it again.`,
    {
      step: id,
      expected: 'no such record',
      found: 'one',
    },
  )

function recordOf({ plan, history, runner: { context } }: Keeping): DeploymentRecord {
  return {
    schemaVersion: 1,
    id: nextId(history.heads, context),
    state: 'begun',
    owner: plan.owner,
    folder: plan.prefix,
    ref: context.ref,
    run: context.runUrl,
    runId: context.runId,
    actor: context.actor,
    begun: new Date().toISOString(),
    planDigest: planDigest('deploy-dags', plan),
    ...plan.toRecord,
  }
}

async function write(
  record: DeploymentRecord,
  ifGeneration: string,
  { plan, storage, runner }: Keeping,
): Promise<string> {
  const name = `${placesOf(record.owner, record.folder).records}${record.id}.json`
  const written = await storage.write(
    plan.bucket,
    name,
    Buffer.from(`${JSON.stringify(record, null, 1)}\n`),
    {
      ifGeneration,
      contentType: 'application/json',
      metadata: metadataOf(record),
      stop: runner.cancelled,
    },
  )
  return written.generation
}

async function copyReplaced(id: string, { plan, storage, runner }: Keeping): Promise<void> {
  const { replaced } = placesOf(plan.owner, plan.prefix)
  const metadata = markOf({ owner: plan.owner, id })
  const isReplacing = (step: DeployStep) =>
    (step.kind === 'upload' || step.kind === 'restore' || step.kind === 'delete') && step.ifGeneration !== '0'
  await pMap(
    plan.steps.filter(isReplacing),
    async (step) => {
      if (runner.cancelled.aborted) throw cancelled('Recording the deployment', 'nothing was changed')
      const { before } = plan.toRecord.changes[step.file] ?? {}
      if (before === undefined || !('ifGeneration' in step)) return
      try {
        await storage.copy(
          plan.bucket,
          { name: step.target, generation: step.ifGeneration, crc32c: before.crc32c },
          `${replaced}${id}/${step.file}`,
          { ifGeneration: '0', contentType: contentTypeOf(step.file), metadata, stop: runner.cancelled },
        )
      } catch (error) {
        if (!(error instanceof GoogleApiError) || (error.status !== 404 && error.status !== 412)) throw error
        throw new ConflictError(
          `Keeping ${step.target}: somebody changed it after this run looked; run it again.`,
          {
            step: step.target,
            expected: `generation ${step.ifGeneration}`,
            found: 'another generation',
            hint: 'A concurrency group for deployments to one environment prevents this.',
          },
        )
      }
    },
    { concurrency: AT_ONCE },
  )
}

/** Everything was changed by then: what fails here is said, and undoes nothing. */
async function completeRecord(
  record: DeploymentRecord,
  generation: string,
  keeping: Keeping,
): Promise<readonly string[]> {
  const warnings: string[] = []
  try {
    await write({ ...record, state: 'complete', ended: new Date().toISOString() }, generation, keeping)
    await removeOldest(record, keeping)
  } catch (error) {
    warnings.push(
      `The deployment is done; its record ${record.id} or an old one is not as it should be: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
  return warnings
}

/** Nothing to change: the last run was cut off after its last change, or this one is its rerun. */
async function finishLast(keeping: Keeping): Promise<OpenRecord> {
  const { plan, inputs, history, storage } = keeping
  const [last] = history.heads
  const isOfThisRun = last?.runId === inputs.run.runId && last.commit === inputs.run.sha
  if (last === undefined || (last.state === 'complete' && !isOfThisRun)) return NONE
  let data: Buffer
  try {
    data = await storage.read(plan.bucket, last.name, { generation: last.generation })
  } catch (error) {
    if (isRightMissing(error)) return without(error.message)
    throw error
  }
  const record = readRecord(data, last.id)
  if (record === undefined || !isSame(record.files, plan.toRecord.files)) return NONE
  if (last.state === 'complete') return { ...NONE, record }
  return { record, warnings: [], complete: () => completeRecord(record, last.generation, keeping) }
}

function isSame(a: DeploymentRecord['files'], b: DeploymentRecord['files']): boolean {
  const names = Object.keys(a)
  return names.length === Object.keys(b).length && names.every((name) => a[name]?.crc32c === b[name]?.crc32c)
}

/** The copies before their record: a run that is cut off leaves nothing that no record names. */
async function removeOldest(
  { id }: DeploymentRecord,
  { plan, inputs, history, storage, runner }: Keeping,
): Promise<void> {
  const { replaced } = placesOf(plan.owner, plan.prefix)
  const stop = runner.cancelled
  const others = history.heads.filter((head) => head.id !== id)
  for (const head of others.slice(inputs.recordsKept - 1)) {
    const copies = (await storage.list(plan.bucket, `${replaced}${head.id}/`)).filter(
      ({ metadata }) => metadata[OWNER_KEY] === plan.owner && metadata[RECORD_KEY] === head.id,
    )
    const remove = ({ name, generation }: { name: string; generation: string }) =>
      storage.remove(plan.bucket, name, { ifGeneration: generation, stop })
    await pMap(copies, remove, { concurrency: AT_ONCE })
    await remove(head)
    runner.log.info(`removed record ${head.id} and ${copies.length} copies`)
  }
}
