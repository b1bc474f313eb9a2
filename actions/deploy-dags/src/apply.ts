/**
 * Carries out a deployment, asks Airflow, and takes it back when that was asked for. It refuses to call what Airflow
 * has not read since a success.
 */
import type { Google } from '../../_shared/google/connect.ts'
import { openStorage } from '../../_shared/google/storage.ts'
import type { Runner } from '../../_shared/run.ts'
import { carryOut, type Carried } from './carry-out.ts'
import { checkImports, sortErrors, type ImportCheck } from './check-imports.ts'
import type { ChangedDag } from './confirm.ts'
import type { DeployPlan } from './deploy-plan.ts'
import type { DeployInputs } from './inputs.ts'
import type { Observed } from './observe.ts'
import { rollBack, whyRollBack, type RolledBack } from './roll-back.ts'

export interface Deployed extends Carried {
  /** undefined when Airflow was not asked. */
  readonly imports?: ImportCheck
  /** After import errors, when that was asked for. */
  readonly rolledBack?: RolledBack
}

export async function apply(
  plan: DeployPlan,
  inputs: DeployInputs,
  observed: Observed,
  google: Google,
  runner: Runner,
): Promise<Deployed> {
  const storage = openStorage(google)
  const edge = { storage, folder: observed.folder, runner }
  const outcome = await carryOut(plan, inputs, observed.history, edge)
  if (outcome.failure !== undefined || !inputs.areImportsChecked) return outcome
  let imports: ImportCheck
  try {
    imports = await askAirflow(plan, outcome.done, observed, inputs, google, runner)
  } catch (error) {
    return { ...outcome, failure: error }
  }
  const why = inputs.isRolledBackOnImportError ? whyRollBack(imports, outcome.kept, observed) : undefined
  if (why === undefined) return { ...outcome, imports }
  const rolledBack = await rollBack(why, inputs, observed, storage, (back, history) =>
    carryOut(back, inputs, history, edge),
  )
  return { ...outcome, imports, rolledBack }
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
  const dags = new Map<string, ChangedDag>()
  const others = new Map<string, number>()
  for (const { step, result: updatedMs = Infinity } of done) {
    if (step.kind === 'adopt' || step.kind === 'conflict') continue
    if (step.kind !== 'delete' && step.phase === 'dags')
      dags.set(step.file, { updatedMs, makesDag: plan.dagFiles.get(step.file) ?? true })
    else others.set(step.file, updatedMs)
  }
  const changes = { dags, others, isAnyParsed: plan.dagFiles.size > 0 }
  return checkImports(files, changes, before, inputs, google, runner)
}
