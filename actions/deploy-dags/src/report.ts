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
import type { Kept } from './keep-record.ts'
import type { RolledBack } from './roll-back.ts'

interface Deployed extends Outcome<DeployStep> {
  readonly imports?: {
    readonly ours: readonly (ImportError & { readonly file: string })[]
    readonly others: readonly ImportError[]
    readonly unconfirmed: readonly string[]
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
  },
): Report {
  const stateOf = statesOf(outcome)
  const steps = inputs.isDryRun ? plan.steps : outcome.done.map(({ step }) => step)
  const countOf = (kind: DeployStep['kind']) => steps.filter((step) => step.kind === kind).length
  const ours = outcome.imports?.ours ?? []
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
          outcome.imports === undefined ? 'not checked' : ours.length,
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
  const unconfirmed = outcome.imports?.unconfirmed ?? []
  const notConfirmed = `Not confirmed: within ${inputs.syncWaitMs / 1000} s Airflow has not shown that it read ${few(unconfirmed)}. No import error of ${unconfirmed.length === 1 ? 'it' : 'them'} is known yet.`
  if (unconfirmed.length > 0) summary.push({ kind: 'text', text: notConfirmed })
  if (kept?.record !== undefined)
    summary.push({
      kind: 'text',
      text: `Record of this deployment: ${kept.record.id}. To come back to what is deployed now, later: rollback-to: ${kept.record.id}.`,
    })
  const warnings = [
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
  return {
    outputs: {
      bucket: plan.bucket,
      uploaded: countOf('upload') + countOf('restore'),
      deleted: countOf('delete'),
      unchanged: plan.unchanged,
      'import-errors': ours.length,
      'imports-confirmed': outcome.imports !== undefined && ours.length === 0 && unconfirmed.length === 0,
      record: kept?.record?.id ?? '',
      'rolled-back': rolledBack?.isDone ?? false,
    },
    summary,
    annotations: [
      ...warnOfRefusal(plan, inputs.isDryRun, {
        before: `${isFirstLook ? `${firstLook} ` : ''}An apply of this plan is refused: `,
      }),
      ...(unconfirmed.length > 0 ? [{ kind: 'warning', message: notConfirmed } as const] : []),
      ...warnings.map((message) => ({ kind: 'warning', message }) as const),
      ...(outcome.imports?.others ?? []).slice(0, 3).map(({ filepath, error }) => ({
        kind: 'warning' as const,
        message: `A file of another owner does not import: ${filepath}: ${error.trim().split('\n').at(-1) ?? ''}`,
      })),
    ],
    failure:
      outcome.failure ??
      (ours.length > 0
        ? importFailure(ours, inputs, observed.environment.airflowUri, rolledBack)
        : undefined),
  }
}

/** A refused apply is none that only looked. */
const planSaid = ({ isDryRun }: Pick<Wishes, 'isDryRun'>): string =>
  isDryRun ? 'plan (dry run, nothing was changed)' : 'not applied, nothing was changed'

function importFailure(
  errors: readonly (ImportError & { readonly file: string })[],
  inputs: Wishes,
  link: string | undefined,
  rolledBack: RolledBack | undefined,
): WorkFailedError {
  const annotations = errors.map((error): Annotation => {
    const { line, message } = locate(error, error.file)
    return {
      kind: 'error',
      file: `${inputs.source.replace(/^\.\//, '').replace(/\/+$/, '')}/${error.file}`,
      line,
      title: 'Airflow cannot import this file',
      message,
    }
  })
  return new WorkFailedError(
    `Checking imports in ${inputs.environment}: Airflow cannot import ${few(errors.map(({ file }) => file))}.`,
    {
      annotations,
      link,
      lastLines: errors.flatMap(({ error }) => error.trim().split('\n')).slice(-20),
      problem: 'dag-import',
      hint: rolledBack?.isDone
        ? `${rolledBack.what} Correct the files and deploy again.`
        : `${rolledBack === undefined ? '' : `${rolledBack.what} `}The files are deployed as they are; correct them and deploy again.`,
    },
  )
}
