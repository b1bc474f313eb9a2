/**
 * What `deploy-dags` says: the plan and what became of it, and import errors at their lines. It refuses to
 * call a dry run a deployment.
 */
import { few } from '../../_shared/amounts.ts'
import { WorkFailedError } from '../../_shared/errors.ts'
import { sayFirstLook } from '../../_shared/ownership.ts'
import { statesOf, type Outcome } from '../../_shared/plan.ts'
import { warnOfRefusal, type Annotation, type Report, type SummaryBlock } from '../../_shared/report.ts'
import { locate, type ImportError } from './import-errors.ts'
import type { DeployStep } from './compare.ts'
import type { DeployPlan } from './deploy-plan.ts'
import type { History } from './history.ts'
import { IMPORTS_HINT } from './refusals.ts'
import type { Kept } from './keep-record.ts'
import type { ImportedFirst } from './import-first.ts'
import type { RolledBack } from './roll-back.ts'

interface Deployed extends Outcome<DeployStep> {
  readonly imports?: {
    readonly ours: readonly (ImportError & { readonly file: string })[]
    readonly others: readonly ImportError[]
    readonly unconfirmed: readonly string[]
    readonly silence?: string
  }
  readonly kept?: Kept
  readonly rolledBack?: RolledBack
}
interface Wishes {
  readonly environment: string
  readonly source: string
  readonly syncWaitMs: number
  readonly isDryRun: boolean
  readonly rollbackTo: string
}

const ROWS_SHOWN = 200

export function report(
  plan: DeployPlan,
  outcome: Deployed,
  inputs: Wishes,
  notes: readonly string[],
  observed: {
    readonly environment: { readonly airflowUri?: string }
    readonly history: Pick<History, 'refusal'>
    readonly importedFirst?: ImportedFirst
  },
): Report {
  const stateOf = statesOf(outcome)
  const steps = inputs.isDryRun ? plan.steps : outcome.done.map(({ step }) => step)
  const countOf = (kind: DeployStep['kind']) => steps.filter((step) => step.kind === kind).length
  const first = observed.importedFirst
  const brokenHere = first?.errors ?? []
  const deployed = outcome.imports?.ours ?? []
  const ours = [...brokenHere, ...deployed]
  const { kept, rolledBack } = outcome
  const what = `${inputs.rollbackTo === '' ? 'DAGs' : 'Rollback of DAGs'} in ${inputs.environment}`
  const summary: SummaryBlock[] = [
    { kind: 'heading', text: outcome.isApplied ? what : `${what}: ${planSaid(inputs)}` },
    {
      kind: 'table',
      head: ['Uploaded', 'Recorded', 'Deleted', 'Unchanged', 'Import errors'],
      rows: [
        [
          countOf('upload') + countOf('restore'),
          countOf('adopt'),
          countOf('delete'),
          plan.unchanged,
          outcome.imports === undefined && first === undefined ? 'not checked' : ours.length,
        ],
      ],
    },
  ]
  const firstLook = `Not everything here was deployed by this owner (${plan.owner}): ${sayFirstLook(plan.look)}.`
  const isFirstLook = plan.look.adopt + plan.look.conflict > 0
  if (isFirstLook) summary.push({ kind: 'text', text: firstLook })
  if (plan.steps.length > 0) {
    summary.push({
      kind: 'table',
      head: ['Step', 'File', 'Why', 'State'],
      rows: plan.steps
        .slice(0, ROWS_SHOWN)
        .map((step) => [step.kind, step.target, step.reason, stateOf(step)]),
    })
    if (plan.steps.length > ROWS_SHOWN)
      summary.push({ kind: 'text', text: `and ${plan.steps.length - ROWS_SHOWN} more steps.` })
  }
  for (const error of ours)
    summary.push({ kind: 'details', label: `Import error in ${error.file}`, text: error.error })
  if (outcome.imports && outcome.imports.others.length > 0)
    summary.push({
      kind: 'text',
      text: `${outcome.imports.others.length} import errors are in files of others and were left alone.`,
    })
  const notConfirmed = sayNotConfirmed(outcome.imports, inputs)
  if (notConfirmed !== undefined) summary.push({ kind: 'text', text: notConfirmed })
  if (kept?.record !== undefined)
    summary.push({
      kind: 'text',
      text: `Record of this deployment: ${kept.record.id}. To come back to what is deployed now, later: rollback-to: ${kept.record.id}.`,
    })
  if (first !== undefined)
    summary.push({
      kind: 'text',
      text: `Imported here under Airflow ${first.version} before the upload: DAGs ${first.dags}, import errors ${brokenHere.length}.`,
    })
  const warnings = [
    ...(first !== undefined && first.notJudged.length > 0
      ? [
          `Not judged before the upload, because they ask for variables or connections of Airflow while they are imported: ${few(first.notJudged)}.`,
        ]
      : []),
    ...(kept?.warnings ?? []),
    ...(rolledBack?.warnings ?? []),
    ...(inputs.isDryRun && observed.history.refusal !== undefined
      ? [
          `The records of earlier deployments cannot be read, and an apply would keep none: ${observed.history.refusal}`,
        ]
      : []),
  ]
  if (rolledBack !== undefined) summary.push({ kind: 'text', text: rolledBack.what })
  summary.push(...warnings.map((text): SummaryBlock => ({ kind: 'text', text })))
  summary.push(...notes.map((text): SummaryBlock => ({ kind: 'text', text })))
  // A dry run fails of it too; that a plan is not the reviewed one, or refused for something else, says more.
  const isRefusedForIt = plan.refusal?.problem === 'dag-import'
  const isBrokenHere =
    brokenHere.length > 0 &&
    (outcome.failure === undefined || (isRefusedForIt && outcome.failure === plan.refusal))
  return {
    outputs: {
      bucket: plan.bucket,
      uploaded: countOf('upload') + countOf('restore'),
      deleted: countOf('delete'),
      unchanged: plan.unchanged,
      'import-errors': ours.length,
      'imports-confirmed': outcome.imports !== undefined && ours.length === 0 && notConfirmed === undefined,
      record: kept?.record?.id ?? '',
      'rolled-back': rolledBack?.isDone ?? false,
    },
    summary,
    annotations: [
      ...warnOfRefusal(isRefusedForIt ? {} : plan, inputs.isDryRun, {
        before: `${isFirstLook ? `${firstLook} ` : ''}An apply of this plan is refused: `,
      }),
      ...(notConfirmed === undefined ? [] : [{ kind: 'warning', message: notConfirmed } as const]),
      ...warnings.map((message) => ({ kind: 'warning', message }) as const),
      ...(outcome.imports?.others ?? []).slice(0, 3).map(({ filepath, error }) => ({
        kind: 'warning' as const,
        message: `A file of another owner does not import: ${filepath}: ${error.trim().split('\n').at(-1) ?? ''}`,
      })),
    ],
    failure: isBrokenHere
      ? importFailure(brokenHere, inputs, {
          what: `Importing the DAGs before the upload: Airflow ${first?.version ?? ''} cannot import`,
          hint: IMPORTS_HINT,
        })
      : (outcome.failure ??
        (deployed.length > 0
          ? importFailure(deployed, inputs, {
              what: `Checking imports in ${inputs.environment}: Airflow cannot import`,
              link: observed.environment.airflowUri,
              hint: rolledBack?.isDone
                ? `${rolledBack.what} Correct the files and deploy again.`
                : `${rolledBack === undefined ? '' : `${rolledBack.what} `}The files are deployed as they are; correct them and deploy again.`,
            })
          : undefined)),
  }
}

function sayNotConfirmed(imports: Deployed['imports'], { syncWaitMs }: Wishes): string | undefined {
  if (imports === undefined || (imports.unconfirmed.length === 0 && imports.silence === undefined))
    return undefined
  const { unconfirmed, silence } = imports
  const why = silence ?? `within ${syncWaitMs / 1000} s Airflow has not shown that it read`
  const what =
    silence === undefined ? ` ${few(unconfirmed)}` : unconfirmed.length > 0 ? ` (${few(unconfirmed)})` : ''
  return `Not confirmed: ${why}${what}. No import error of this deployment is known yet.`
}

/** A refused apply is none that only looked. */
const planSaid = ({ isDryRun }: Pick<Wishes, 'isDryRun'>): string =>
  isDryRun ? 'plan (dry run, nothing was changed)' : 'not applied, nothing was changed'

function importFailure(
  errors: readonly (ImportError & { readonly file: string })[],
  { source }: Pick<Wishes, 'source'>,
  { what, hint, link }: { readonly what: string; readonly hint: string; readonly link?: string },
): WorkFailedError {
  const annotations = errors.map((error): Annotation => {
    const { line, message } = locate(error, error.file)
    return {
      kind: 'error',
      file: `${source.replace(/^\.\//, '').replace(/\/+$/, '')}/${error.file}`,
      line,
      title: 'Airflow cannot import this file',
      message,
    }
  })
  return new WorkFailedError(`${what} ${few(errors.map(({ file }) => file))}.`, {
    annotations,
    link,
    lastLines: errors.flatMap(({ error }) => error.trim().split('\n')).slice(-20),
    problem: 'dag-import',
    hint,
  })
}
