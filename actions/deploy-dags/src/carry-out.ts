/**
 * Makes the bucket what the plan says: writes it down, uploads, brings back, deletes. It refuses to go on to DAG files
 * when a module failed, and to delete when any upload failed.
 */
import { applyGroups } from '../../_shared/apply.ts'
import type { ObjectStorage } from '../../_shared/google/storage.ts'
import type { Outcome } from '../../_shared/plan.ts'
import type { Runner } from '../../_shared/run.ts'
import { changeFile } from './change-file.ts'
import type { DeployStep } from './compare.ts'
import type { DeployPlan } from './deploy-plan.ts'
import type { History } from './history.ts'
import type { DeployInputs } from './inputs.ts'
import { AT_ONCE, beginRecord, type Kept, type OpenRecord } from './keep-record.ts'

export interface Carried extends Outcome<DeployStep, number | undefined> {
  readonly kept: Kept
}

/** The record, the changes, and the record again: a cut anywhere leaves what the next run can tell. */
export async function carryOut(
  plan: DeployPlan,
  inputs: Pick<DeployInputs, 'recordsKept' | 'owner' | 'run'>,
  history: History,
  edge: { readonly storage: ObjectStorage; readonly folder: string; readonly runner: Runner },
): Promise<Carried> {
  const { storage, folder, runner } = edge
  const of = (kinds: readonly DeployStep['kind'][], phase?: string) =>
    plan.steps.filter(
      (step) =>
        kinds.includes(step.kind) && (phase === undefined || ('phase' in step && step.phase === phase)),
    )
  let record: OpenRecord
  try {
    record = await beginRecord({ plan, inputs, history, storage, runner })
  } catch (failure) {
    return { isApplied: true, done: [], kept: { warnings: [] }, failure }
  }
  // One file that cannot be written is the end: nobody goes on repeating.
  const failed = new AbortController()
  const stop = AbortSignal.any([runner.cancelled, failed.signal])
  const { bucket, owner } = plan
  const { commit } = plan.toRecord
  const outcome = await applyGroups(
    [of(['adopt']), of(['upload', 'restore'], 'modules'), of(['upload', 'restore'], 'dags'), of(['delete'])],
    AT_ONCE,
    async (step) => {
      try {
        const updatedMs = await changeFile(step, { storage, folder, bucket, owner, commit, stop })
        runner.log.info(`${step.kind} ${step.target} (${step.reason})`)
        return updatedMs
      } catch (error) {
        failed.abort()
        throw error
      }
    },
    runner,
  )
  const warnings = outcome.failure === undefined ? await record.complete() : []
  return { ...outcome, kept: { record: record.record, warnings: [...record.warnings, ...warnings] } }
}
