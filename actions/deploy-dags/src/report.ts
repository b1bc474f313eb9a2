/**
 * What `deploy-dags` says: the plan and what became of it, and import errors at their lines. It refuses to
 * call a dry run a deployment.
 */
import { WorkFailedError } from '../../_shared/errors.ts'
import type { Outcome } from '../../_shared/plan.ts'
import type { Annotation, Report, SummaryBlock } from '../../_shared/report.ts'
import { locate, type ImportError } from './import-errors.ts'
import type { DeployPlan, DeployStep } from './plan.ts'

interface Deployed extends Outcome<DeployStep> {
  readonly importErrors?: {
    readonly ours: readonly (ImportError & { file: string })[]
    readonly others: readonly ImportError[]
  }
}
interface Wishes {
  readonly environment: string
  readonly source: string
  readonly syncWaitMs: number
}

const ROWS_SHOWN = 200

export function report(
  plan: DeployPlan,
  outcome: Deployed,
  inputs: Wishes,
  notes: readonly string[],
  observed: { readonly environment: { readonly airflowUri?: string } },
): Report {
  const steps = outcome.isApplied ? outcome.done.map(({ step }) => step) : plan.steps
  const doneTargets = new Set(outcome.done.map(({ step }) => step.target))
  const countOf = (kind: DeployStep['kind']) => steps.filter((step) => step.kind === kind).length
  const ours = outcome.importErrors?.ours ?? []
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
          outcome.importErrors === undefined ? 'not checked' : ours.length,
        ],
      ],
    },
  ]
  if (plan.steps.length > 0) {
    summary.push({
      kind: 'table',
      head: ['Step', 'File', 'Why', ...(outcome.isApplied ? ['Done'] : [])],
      rows: plan.steps
        .slice(0, ROWS_SHOWN)
        .map((step) => [
          step.kind,
          step.target,
          step.reason,
          ...(outcome.isApplied ? [doneTargets.has(step.target) ? 'yes' : 'no'] : []),
        ]),
    })
    if (plan.steps.length > ROWS_SHOWN)
      summary.push({ kind: 'text', text: `and ${plan.steps.length - ROWS_SHOWN} more steps.` })
  }
  for (const error of ours)
    summary.push({ kind: 'details', label: `Import error in ${error.file}`, text: error.error })
  if (outcome.importErrors && outcome.importErrors.others.length > 0)
    summary.push({
      kind: 'text',
      text: `${outcome.importErrors.others.length} import errors are in files of others and were left alone.`,
    })
  if (outcome.importErrors && inputs.syncWaitMs === 0 && outcome.done.length > 0)
    summary.push({
      kind: 'text',
      text: 'Import errors are those Airflow knew right after the upload (sync-wait-seconds is 0).',
    })
  summary.push(...notes.map((text): SummaryBlock => ({ kind: 'text', text })))
  return {
    outputs: {
      bucket: plan.bucket,
      uploaded: countOf('upload'),
      deleted: countOf('delete'),
      unchanged: plan.unchanged,
      'import-errors': ours.length,
    },
    summary,
    annotations: (outcome.importErrors?.others ?? []).slice(0, 3).map(({ filepath, error }) => ({
      kind: 'warning',
      message: `A file of another owner does not import: ${filepath}: ${error.trim().split('\n').at(-1) ?? ''}`,
    })),
    failure:
      outcome.failure ??
      (ours.length > 0 ? importFailure(ours, inputs, observed.environment.airflowUri) : undefined),
  }
}

function importFailure(
  errors: readonly (ImportError & { file: string })[],
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
    `Checking imports in ${inputs.environment}: Airflow cannot import ${errors
      .map(({ file }) => file)
      .slice(0, 5)
      .join(', ')}${errors.length > 5 ? ` and ${errors.length - 5} more` : ''}.`,
    {
      annotations,
      link,
      lastLines: errors.flatMap(({ error }) => error.trim().split('\n')).slice(-20),
      problem: 'dag-import',
      hint: 'The files are deployed as they are; correct them and deploy again.',
    },
  )
}
