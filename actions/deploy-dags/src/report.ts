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
import type { DeployPlan } from './plan.ts'

interface Deployed extends Outcome<DeployStep> {
  readonly imports?: {
    readonly ours: readonly (ImportError & { readonly file: string })[]
    readonly others: readonly ImportError[]
    readonly unconfirmed: readonly string[]
  }
}
interface Wishes {
  readonly environment: string
  readonly source: string
  readonly syncWaitMs: number
  readonly isDryRun: boolean
}

const ROWS_SHOWN = 200

export function report(
  plan: DeployPlan,
  outcome: Deployed,
  inputs: Wishes,
  notes: readonly string[],
  observed: { readonly environment: { readonly airflowUri?: string } },
): Report {
  const stateOf = statesOf(outcome)
  const steps = outcome.isApplied ? outcome.done.map(({ step }) => step) : plan.steps
  const countOf = (kind: DeployStep['kind']) => steps.filter((step) => step.kind === kind).length
  const ours = outcome.imports?.ours ?? []
  const summary: SummaryBlock[] = [
    {
      kind: 'heading',
      text: outcome.isApplied
        ? `DAGs in ${inputs.environment}`
        : `DAGs in ${inputs.environment}: plan (dry run, nothing was changed)`,
    },
    {
      kind: 'table',
      head: ['Uploaded', 'Recorded', 'Deleted', 'Unchanged', 'Import errors'],
      rows: [
        [
          countOf('upload'),
          countOf('adopt'),
          countOf('delete'),
          plan.unchanged,
          outcome.imports === undefined ? 'not checked' : ours.length,
        ],
      ],
    },
  ]
  const firstLook = `Not everything here was deployed by this owner (${plan.owner}): ${sayFirstLook(plan.look)}.`
  if (plan.look.adopt + plan.look.conflict > 0) summary.push({ kind: 'text', text: firstLook })
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
  summary.push(...notes.map((text): SummaryBlock => ({ kind: 'text', text })))
  return {
    outputs: {
      bucket: plan.bucket,
      uploaded: countOf('upload'),
      deleted: countOf('delete'),
      unchanged: plan.unchanged,
      'import-errors': ours.length,
      'imports-confirmed': outcome.imports !== undefined && ours.length === 0 && unconfirmed.length === 0,
    },
    summary,
    annotations: [
      ...warnOfRefusal(plan, inputs.isDryRun, { before: `${firstLook} An apply of this plan is refused: ` }),
      ...(unconfirmed.length > 0 ? [{ kind: 'warning', message: notConfirmed } as const] : []),
      ...(outcome.imports?.others ?? []).slice(0, 3).map(({ filepath, error }) => ({
        kind: 'warning' as const,
        message: `A file of another owner does not import: ${filepath}: ${error.trim().split('\n').at(-1) ?? ''}`,
      })),
    ],
    failure:
      outcome.failure ??
      (ours.length > 0 ? importFailure(ours, inputs, observed.environment.airflowUri) : undefined),
  }
}

function importFailure(
  errors: readonly (ImportError & { readonly file: string })[],
  inputs: Wishes,
  link: string | undefined,
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
      hint: 'The files are deployed as they are; correct them and deploy again.',
    },
  )
}
