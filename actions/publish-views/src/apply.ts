/**
 * Carries out the plan step by step; it refuses to overwrite a view or an access list that changed after it
 * was read.
 */
import { applyInOrder } from '../../_shared/apply.ts'
import { GoogleApiError } from '../../_shared/errors.ts'
import { asConflict } from '../../_shared/google/bigquery.ts'
import { createRoutine, deleteRoutine, updateRoutine } from '../../_shared/google/bigquery-routines.ts'
import {
  createView,
  deleteView,
  getDataset,
  markView,
  patchView,
  setAccess,
} from '../../_shared/google/bigquery-views.ts'
import type { Google } from '../../_shared/google/connect.ts'
import { runMark } from '../../_shared/ownership.ts'
import { assertNever, type Outcome } from '../../_shared/plan.ts'
import type { Runner } from '../../_shared/run.ts'
import { mergeAccess } from './access.ts'
import type { Inputs } from './inputs.ts'
import type { Observed } from './observe.ts'
import type { ViewPlan, ViewStep } from './plan.ts'

/**
 * Others may patch the same list at any time (Terraform, dbt's grants); each round starts from what is true
 * then.
 */
const ACCESS_ROUNDS = 6

export async function apply(
  plan: ViewPlan,
  { runId }: Inputs,
  _observed: Observed,
  google: Google,
  runner: Pick<Runner, 'cancelled' | 'log'>,
): Promise<Outcome<ViewStep>> {
  const mark = runMark(runId)
  return applyInOrder(plan, (step) => applyStep(signed(step, mark), google), runner)
}

/** Only what is written says by which run: the plan that was reviewed is one of another run. */
function signed(step: ViewStep, mark: Readonly<Record<string, string>>): ViewStep {
  if (step.kind === 'mark') return { ...step, labels: { ...step.labels, ...mark } }
  if (step.kind !== 'create' && step.kind !== 'update' && step.kind !== 'adopt') return step
  return { ...step, content: { ...step.content, labels: { ...step.content.labels, ...mark } } }
}

async function applyStep(step: ViewStep, google: Google): Promise<void> {
  const isFunction = 'name' in step && step.name.isRoutine === true
  switch (step.kind) {
    case 'keep':
    case 'orphan':
    case 'conflict':
      return
    case 'create':
      google.log.info(`create ${step.target}: ${step.reason}`)
      return (isFunction ? createRoutine : createView)(google, step.name, step.content).catch(
        (error: unknown) => {
          throw asConflict(error, step.target, `no ${isFunction ? 'function' : 'view'} of this name`)
        },
      )
    case 'update':
    case 'adopt':
      google.log.info(`${step.kind} ${step.target}: ${step.reason}`)
      return (isFunction ? updateRoutine : patchView)(google, step.name, step.content, step.etag).catch(
        (error: unknown) => {
          throw asConflict(error, step.target, `etag ${step.etag}`)
        },
      )
    case 'mark':
      return isFunction
        ? updateRoutine(google, step.name, { labels: step.labels })
        : markView(google, step.name, step.labels)
    case 'authorize':
      google.log.info(`authorize on ${step.target}: ${step.reason}`)
      return authorize(step, google)
    case 'delete':
      google.log.info(`delete ${step.target}: ${step.reason}`)
      return (isFunction ? deleteRoutine : deleteView)(google, step.name, step.etag).catch(
        (error: unknown) => {
          throw asConflict(error, step.target, `etag ${step.etag}`)
        },
      )
    default:
      return assertNever(step)
  }
}

async function authorize(step: ViewStep & { kind: 'authorize' }, google: Google): Promise<void> {
  for (let round = 1; ; round += 1) {
    const dataset = await getDataset(google, step.dataset.projectId, step.dataset.datasetId)
    try {
      return await setAccess(google, dataset, mergeAccess(dataset.access, step))
    } catch (error) {
      if (!(error instanceof GoogleApiError) || error.status !== 412) throw error
      if (round === ACCESS_ROUNDS)
        throw asConflict(error, step.target, `the access list of etag ${dataset.etag}`)
      google.log.info(
        `The access list of ${step.target} changed meanwhile; reading it again (${round} of ${ACCESS_ROUNDS}).`,
      )
    }
  }
}
