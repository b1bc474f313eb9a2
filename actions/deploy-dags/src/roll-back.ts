/**
 * After import errors: brings back what was there before the deployment. It refuses to take back what another
 * deployment did since.
 */
import { few } from '../../_shared/amounts.ts'
import type { ObjectStorage } from '../../_shared/google/storage.ts'
import type { Carried } from './carry-out.ts'
import type { ImportCheck } from './check-imports.ts'
import type { DeployPlan } from './deploy-plan.ts'
import { beforeLast, type History } from './history.ts'
import type { ImportError } from './import-errors.ts'
import type { DeployInputs } from './inputs.ts'
import type { Kept } from './keep-record.ts'
import type { Observed } from './observe.ts'
import { planRollback } from './plan-rollback.ts'
import { readHistory, readRollback } from './read-history.ts'

/** What became of it: `what` is a sentence. */
export interface RolledBack {
  readonly isDone: boolean
  readonly what: string
  readonly warnings: readonly string[]
  readonly failure?: unknown
}
interface Reason {
  /** The record that is taken back; undefined when none was kept. */
  readonly id: string | undefined
}

/** undefined where the errors are none of this deployment's. */
export function whyRollBack(
  imports: Pick<ImportCheck, 'ours'>,
  { record }: Kept,
  { importErrors }: { readonly importErrors?: readonly ImportError[] },
): Reason | undefined {
  const known = new Set((importErrors ?? []).map(({ filepath, error }) => `${filepath}\n${error}`))
  const isByUs = ({ file, filepath, error }: ImportCheck['ours'][number]) =>
    (record !== undefined && Object.hasOwn(record.changes, file)) || !known.has(`${filepath}\n${error}`)
  return imports.ours.some(isByUs) ? { id: record?.id } : undefined
}

export async function rollBack(
  { id }: Reason,
  inputs: DeployInputs,
  observed: Observed,
  storage: ObjectStorage,
  carryOut: (plan: DeployPlan, history: History) => Promise<Carried>,
): Promise<RolledBack> {
  const not = (what: string, failure?: unknown): RolledBack => ({
    isDone: false,
    what: `Not rolled back: ${what.replace(/\.$/, '')}.`,
    warnings: [],
    failure,
  })
  if (id === undefined) return not('no record of this deployment was kept')
  try {
    const { environment } = observed
    const { heads } = await readHistory({ ...inputs, rollbackTo: '' }, environment, storage)
    const point = beforeLast(heads)
    if (heads[0]?.id !== id || point === undefined)
      return not(`another deployment came since (record ${heads[0]?.id ?? 'gone'})`)
    const history = { heads, rollback: await readRollback(point, inputs.owner, environment, storage) }
    const objects = (await storage.list(environment.bucket, `${environment.prefix}/`)).filter(
      ({ name }) => !name.endsWith('/'),
    )
    // What goes was put there by this deployment.
    const wishes = { ...inputs, rollbackTo: 'previous', maxDeletePercent: 100 }
    const plan = planRollback(wishes, { ...observed, objects, history })
    if (plan.refusal !== undefined) return not(plan.refusal.message, plan.refusal)
    const { done, kept, failure } = await carryOut(plan, history)
    if (failure !== undefined)
      return {
        isDone: false,
        what: `The rollback broke off after ${done.length} of ${plan.steps.length} steps; run with rollback-to: previous for the rest.`,
        warnings: kept.warnings,
        failure,
      }
    const changed = done.map(({ step }) => `${step.kind} ${step.file}`)
    return {
      isDone: true,
      what: `Rolled back to ${point.side} deployment ${point.head.id} (record ${kept.record?.id ?? 'none'}): ${few(changed)}. Airflow needs some minutes to see it.`,
      warnings: kept.warnings,
    }
  } catch (error) {
    return not(error instanceof Error ? error.message : String(error), error)
  }
}
