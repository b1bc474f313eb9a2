/**
 * What `deploy-dags` says: the plan and what became of it, and import errors at their lines. It refuses to
 * call a dry run a deployment.
 */
import { few } from '../../_shared/amounts.ts'
import { WorkFailedError } from '../../_shared/errors.ts'
import { sayFirstLook } from '../../_shared/ownership.ts'
import { statesOf, type Outcome } from '../../_shared/plan.ts'
import { warnOfRefusal, type Annotation, type Report, type SummaryBlock } from '../../_shared/report.ts'
import type { ImportCheck } from './check-imports.ts'
import type { DeployStep } from './compare.ts'
import type { DeployPlan } from './deploy-plan.ts'
import type { History } from './history.ts'
import { locate } from './import-errors.ts'
import type { ImportedFirst } from './import-first.ts'
import type { DeployInputs } from './inputs.ts'
import type { Kept } from './keep-record.ts'
import { IMPORTS_HINT } from './refusals.ts'
import type { RolledBack } from './roll-back.ts'

interface Deployed extends Outcome<DeployStep> {
  readonly imports?: ImportCheck
  readonly kept?: Kept
  readonly rolledBack?: RolledBack
}
type Wishes = Pick<DeployInputs, 'environment' | 'source' | 'syncWaitMs' | 'isDryRun' | 'rollbackTo'>

const ROWS_SHOWN = 200

interface World {
  readonly environment: { readonly airflowUri?: string }
  readonly history: Pick<History, 'refusal'>
  readonly importedFirst?: ImportedFirst
}
/** What several parts of a report say. */
interface Facts {
  readonly ours: ImportCheck['ours']
  readonly countOf: (kind: DeployStep['kind']) => number
  /** Set when not everything here is this owner's. */
  readonly firstLook?: string
  readonly notConfirmed?: string
  readonly warnings: readonly string[]
}

export function report(
  plan: DeployPlan,
  outcome: Deployed,
  inputs: Wishes,
  notes: readonly string[],
  observed: World,
): Report {
  const steps = inputs.isDryRun ? plan.steps : outcome.done.map(({ step }) => step)
  const ours = [...(observed.importedFirst?.errors ?? []), ...(outcome.imports?.ours ?? [])]
  const notConfirmed = sayNotConfirmed(outcome.imports, inputs)
  const { kept, rolledBack } = outcome
  const facts: Facts = {
    ours,
    countOf: (kind) => steps.filter((step) => step.kind === kind).length,
    firstLook:
      plan.look.adopt + plan.look.conflict > 0
        ? `Not everything here was deployed by this owner (${plan.owner}): ${sayFirstLook(plan.look)}.`
        : undefined,
    notConfirmed,
    warnings: warningsOf(outcome, inputs, observed),
  }
  return {
    outputs: {
      bucket: plan.bucket,
      uploaded: facts.countOf('upload') + facts.countOf('restore'),
      deleted: facts.countOf('delete'),
      unchanged: plan.unchanged,
      'import-errors': ours.length,
      'imports-confirmed': outcome.imports !== undefined && ours.length === 0 && notConfirmed === undefined,
      record: kept?.record?.id ?? '',
      'rolled-back': rolledBack?.isDone ?? false,
    },
    summary: summaryOf(plan, outcome, inputs, notes, { ...facts, first: observed.importedFirst }),
    annotations: annotationsOf(plan, outcome, inputs, facts),
    failure: failureOf(plan, outcome, inputs, observed),
  }
}

function summaryOf(
  plan: DeployPlan,
  outcome: Deployed,
  inputs: Wishes,
  notes: readonly string[],
  { ours, countOf, firstLook, notConfirmed, warnings, first }: Facts & { readonly first?: ImportedFirst },
): SummaryBlock[] {
  const { imports, kept, rolledBack } = outcome
  const what = `${inputs.rollbackTo === '' ? 'DAGs' : 'Rollback of DAGs'} in ${inputs.environment}`
  const sentences = [
    imports !== undefined &&
      imports.others.length > 0 &&
      `${imports.others.length} import errors are in files of others and were left alone.`,
    notConfirmed,
    kept?.record !== undefined &&
      `Record of this deployment: ${kept.record.id}. To come back to what is deployed now, later: rollback-to: ${kept.record.id}.`,
    first !== undefined &&
      `Imported here under Airflow ${first.version} before the upload: DAGs ${first.dags}, import errors ${first.errors.length}.`,
    rolledBack?.what,
    ...warnings,
    ...notes,
  ].filter((text) => typeof text === 'string')
  const paragraph = (text: string): SummaryBlock => ({ kind: 'text', text })
  return [
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
          imports === undefined && first === undefined ? 'not checked' : ours.length,
        ],
      ],
    },
    ...(firstLook === undefined ? [] : [paragraph(firstLook)]),
    ...stepsOf(plan, outcome),
    ...ours.map(({ file, error }): SummaryBlock => ({
      kind: 'details',
      label: `Import error in ${file}`,
      text: error,
    })),
    ...sentences.map(paragraph),
  ]
}

function stepsOf({ steps }: DeployPlan, outcome: Deployed): SummaryBlock[] {
  if (steps.length === 0) return []
  const stateOf = statesOf(outcome)
  const shown = steps.slice(0, ROWS_SHOWN)
  const more = steps.length - shown.length
  return [
    {
      kind: 'table',
      head: ['Step', 'File', 'Why', 'State'],
      rows: shown.map((step) => [step.kind, step.target, step.reason, stateOf(step)]),
    },
    ...(more > 0 ? [{ kind: 'text', text: `and ${more} more steps.` } as const] : []),
  ]
}

function warningsOf({ kept, rolledBack }: Deployed, { isDryRun }: Wishes, observed: World): string[] {
  const notJudged = observed.importedFirst?.notJudged ?? []
  const { refusal } = observed.history
  return [
    ...(notJudged.length > 0
      ? [
          `Not judged before the upload, because they ask for variables or connections of Airflow while they are imported: ${few(notJudged)}.`,
        ]
      : []),
    ...(kept?.warnings ?? []),
    ...(rolledBack?.warnings ?? []),
    ...(isDryRun && refusal !== undefined
      ? [`The records of earlier deployments cannot be read, and an apply would keep none: ${refusal}`]
      : []),
  ]
}

/** What the import before the upload refused is said as the failure, in a dry run as well. */
const isRefusedForImports = ({ refusal }: DeployPlan): boolean => refusal?.problem === 'dag-import'

function annotationsOf(
  plan: DeployPlan,
  { imports }: Deployed,
  { isDryRun }: Wishes,
  { firstLook, notConfirmed, warnings }: Facts,
): Annotation[] {
  return [
    ...warnOfRefusal(isRefusedForImports(plan) ? {} : plan, isDryRun, {
      before: `${firstLook === undefined ? '' : `${firstLook} `}An apply of this plan is refused: `,
    }),
    ...[
      ...(notConfirmed === undefined ? [] : [notConfirmed]),
      ...warnings,
      ...(imports?.others ?? [])
        .slice(0, 3)
        .map(
          ({ filepath, error }) =>
            `A file of another owner does not import: ${filepath}: ${error.trim().split('\n').at(-1) ?? ''}`,
        ),
    ].map((message) => ({ kind: 'warning', message }) as const),
  ]
}

function failureOf(plan: DeployPlan, outcome: Deployed, inputs: Wishes, observed: World): unknown {
  const { importedFirst: first, environment } = observed
  const { failure, rolledBack } = outcome
  // A dry run fails of it too; that a plan is not the reviewed one, or refused for something else, says more.
  const isForImports = failure === undefined || (isRefusedForImports(plan) && failure === plan.refusal)
  if (first !== undefined && first.errors.length > 0 && isForImports)
    return importFailure(first.errors, inputs, {
      what: `Importing the DAGs before the upload: Airflow ${first.version} cannot import`,
      hint: IMPORTS_HINT,
    })
  const deployed = outcome.imports?.ours ?? []
  if (failure !== undefined || deployed.length === 0) return failure
  return importFailure(deployed, inputs, {
    what: `Checking imports in ${inputs.environment}: Airflow cannot import`,
    link: environment.airflowUri,
    hint: rolledBack?.isDone
      ? `${rolledBack.what} Correct the files and deploy again.`
      : `${rolledBack === undefined ? '' : `${rolledBack.what} `}The files are deployed as they are; correct them and deploy again.`,
  })
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
  errors: ImportCheck['ours'],
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
