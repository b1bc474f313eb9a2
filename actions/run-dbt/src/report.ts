/** Puts dbt's results into words, outputs and annotations; it refuses to write anything. */
import type { Annotation, Report, SummaryBlock } from '../../_shared/report.ts'
import { ActionError } from '../../_shared/errors.ts'
import type { Outcome } from '../../_shared/plan.ts'
import { comparedIn } from './compare.ts'
import type { Compared } from './compare-tables.ts'
import { dollars, totalOf, whatLimitsMissed } from './costs.ts'
import type { Inputs } from './inputs.ts'
import type { Observed } from './observe.ts'
import type { DbtPlan, DbtStep } from './plan.ts'
import { describeCompared } from './report-compared.ts'
import {
  costsSeen,
  describeCosts,
  describeMeasured,
  lookNotes,
  MEASURED,
  measured,
  notEstimated,
} from './report-costs.ts'
import type { CommandResult, NodeResult, Verdict } from './results.ts'
import { acts } from './verbs.ts'

type DbtReported = Outcome<DbtStep, CommandResult> & {
  readonly results?: string
  readonly junit?: string
  readonly compared?: readonly Compared[]
  readonly notes?: readonly string[]
}

export function report(
  plan: DbtPlan,
  outcome: DbtReported,
  inputs: Inputs,
  notes: readonly string[],
  observed: Observed,
): Report {
  const all = outcome.done.flatMap(({ result }) => result?.nodes ?? [])
  // What was only compiled did not pass.
  const nodes = outcome.isApplied ? all : all.filter(({ verdict }) => verdict === 'failed')
  const count = (verdict: Verdict): number => nodes.filter((node) => node.verdict === verdict).length
  const costs = costsSeen(observed)
  const estimated = costs.length === 0 ? undefined : totalOf(costs).bytes
  const unseen = inputs.costs.isWanted ? notEstimated(observed, inputs.commands) : []
  const said = [
    ...notes,
    ...observed.project.notes,
    ...stateNotes(inputs, observed),
    ...lookNotes(observed),
    ...(observed.packages?.note === undefined ? [] : [observed.packages.note]),
    ...(outcome.notes ?? []),
  ]
  return {
    outputs: {
      status: statusOf(outcome, inputs),
      'results-path': outcome.results ?? '',
      'nodes-passed': count('passed'),
      'nodes-failed': count('failed'),
      'nodes-warned': count('warned'),
      'nodes-skipped': count('skipped'),
      'exit-code': exitCodeOf(outcome),
      'bytes-processed': sumOf(nodes.map((node) => node.bytesProcessed)),
      'bytes-billed': sumOf(nodes.map((node) => node.bytesBilled)),
      'estimated-bytes': estimated ?? '',
      'estimated-cost-usd': estimated === undefined ? '' : dollars(estimated, inputs.costs).toFixed(6),
      'not-estimated': unseen.join(', '),
      dataset: observed.dataset,
      'junit-path': outcome.junit ?? '',
      comparison: (outcome.compared ?? []).length === 0 ? '' : JSON.stringify(outcome.compared),
    },
    summary: [
      { kind: 'heading', text: headingOf(outcome, inputs) },
      {
        kind: 'text',
        text: `${observed.dbt.lock === undefined ? `dbt-core ${inputs.coreVersion}, dbt-bigquery ${inputs.adapterVersion}` : observed.dbt.target}; target ${inputs.target}, dataset ${observed.dataset}, location ${inputs.location}.`,
      },
      ...said.map((text): SummaryBlock => ({ kind: 'text', text })),
      ...describeSteps(plan, outcome, inputs),
      ...(costs.length === 0 ? [] : describeCosts(costs, inputs.costs, unseen)),
      ...(outcome.isApplied ? [] : describeCompared(comparedIn(observed.preview))),
      ...(outcome.isApplied
        ? [
            ...describeRun(outcome, nodes, inputs),
            ...describeCompared(outcome.compared ?? []),
            ...describeMeasured(nodes, inputs.costs),
          ]
        : []),
    ],
    annotations: [
      ...nodes.flatMap((node) => annotate(node, inputs)),
      ...outcome.done.flatMap(({ step, result }) => annotateCommand(step, result, inputs, observed)),
      ...observed.project.notes.map((message): Annotation => ({ kind: 'notice', message })),
      ...whatLimitsMissed(costs, unseen, inputs.costs, inputs.warehouse.maximumBytesBilled !== undefined).map(
        (message): Annotation => ({
          kind: 'warning',
          message,
        }),
      ),
      ...(inputs.isDryRun ? plan.steps.flatMap(warnOfPython) : []),
    ],
    failure: outcome.failure,
  }
}

const isCancelled = ({ failure }: DbtReported): boolean =>
  failure instanceof ActionError && failure.problem === 'cancelled'

function statusOf(outcome: DbtReported, inputs: Inputs): string {
  if (outcome.failure !== undefined) return isCancelled(outcome) ? 'cancelled' : 'failure'
  return inputs.isDryRun ? 'dry-run' : 'success'
}

function headingOf(outcome: DbtReported, inputs: Inputs): string {
  if (outcome.failure !== undefined) return isCancelled(outcome) ? 'dbt: cancelled' : 'dbt: failed'
  if (inputs.isDryRun) return 'dbt: what would run'
  return inputs.pullRequest.isCleanup ? 'dbt: cleaned up' : 'dbt: succeeded'
}

const sumOf = (values: readonly (number | undefined)[]): number | '' => {
  const known = values.filter((value) => value !== undefined)
  return known.length === 0 ? '' : known.reduce((sum, value) => sum + value, 0)
}

function stateNotes(inputs: Inputs, { state }: Observed): string[] {
  if (inputs.state === undefined || state === undefined) return []
  const place = `gs://${inputs.state.bucket}/${inputs.state.prefix}`
  if (state.role === 'none') return [`State: ${place} is not used, because ${state.why}.`]
  if (state.role === 'save') return []
  return state.kept === undefined
    ? [
        `State: none in ${place} yet, so everything is selected; a run on ${inputs.stateBranch} leaves the first.`,
      ]
    : [
        `State: compared with commit ${state.kept.latest.commit.slice(0, 12)} of ${inputs.stateBranch}; what is not built here is read from there.`,
      ]
}

/** What is not a command of dbt, and in a dry run the commands as well. */
function describeSteps(plan: DbtPlan, outcome: DbtReported, inputs: Inputs): SummaryBlock[] {
  const listed = new Map(outcome.done.map(({ step, result }) => [step, result?.listed]))
  const shown = plan.steps.filter(
    ({ kind }) =>
      !['use', 'build', 'test', 'compare', 'save-state', 'command'].includes(kind) &&
      (inputs.isDryRun || kind !== 'install'),
  )
  const verbs: Partial<Record<DbtStep['kind'], string>> = {
    install: 'install',
    'create-dataset': 'create dataset',
    'drop-dataset': 'drop dataset',
    'leave-dataset': 'leave dataset',
    'python-model': 'Python model',
  }
  const rows = shown.map((step) => [
    `${verbs[step.kind] ?? 'dbt'} ${step.target}`,
    step.reason,
    listed.get(step)?.length ?? '',
  ])
  const details = [...listed].flatMap(([step, names]): SummaryBlock[] =>
    !inputs.isDryRun || names === undefined || names.length === 0
      ? []
      : [{ kind: 'details', label: `dbt ${step.target}`, text: names.join('\n') }],
  )
  return rows.length === 0 ? details : [{ kind: 'table', head: ['Step', 'Why', 'Nodes'], rows }, ...details]
}

function describeRun(outcome: DbtReported, nodes: readonly NodeResult[], { costs }: Inputs): SummaryBlock[] {
  const commands = outcome.done.flatMap(({ step, result }) =>
    result === undefined
      ? []
      : [
          [
            `dbt ${step.target}`,
            result.isSuccess ? 'ok' : 'failed',
            result.nodes.length,
            `${result.seconds.toFixed(1)} s`,
          ],
        ],
  )
  const order: readonly Verdict[] = ['failed', 'warned', 'skipped', 'passed']
  const sorted = [...nodes].sort(
    (left, right) =>
      order.indexOf(left.verdict) - order.indexOf(right.verdict) || right.seconds - left.seconds,
  )
  const blocks: SummaryBlock[] = [
    { kind: 'table', head: ['Command', 'Result', 'Nodes', 'Time'], rows: commands },
  ]
  if (sorted.length === 0) return blocks
  // Forty tests that pass are one line; what a person looks for is what was built and what did not pass.
  const isQuiet = (node: NodeResult): boolean =>
    node.verdict === 'passed' && /^(test|unit_test)$/.test(node.resourceType)
  const rows = sorted
    .filter((node) => !isQuiet(node))
    .map((node) => [
      node.name,
      node.resourceType,
      node.status,
      thousands(node.rows),
      thousands(node.bytesProcessed),
      ...measured(node, costs),
    ])
  const quiet = sorted.filter(isQuiet).map((node) => node.name)
  const said = sorted
    .filter((node) => (node.verdict === 'failed' || node.verdict === 'warned') && node.message !== '')
    .map((node) => `${node.name}: ${node.message}`)
  return [
    ...blocks,
    ...(said.length === 0 ? [] : [{ kind: 'list', items: said } as const]),
    ...(rows.length === 0
      ? []
      : [{ kind: 'table', head: ['Node', 'Type', 'Status', 'Rows', 'Bytes', ...MEASURED], rows } as const]),
    ...(quiet.length === 0
      ? []
      : [
          {
            kind: 'details',
            label: quiet.length === 1 ? '1 test passed' : `${quiet.length} tests passed`,
            text: quiet.sort().join('\n'),
          } as const,
        ]),
  ]
}

/** 1,407,580; empty when dbt did not say. */
function thousands(value: number | undefined): string {
  return value === undefined ? '' : value.toLocaleString('en-US')
}

/** dbt's own: that of the command it stopped at; empty when dbt never ran. */
function exitCodeOf(outcome: DbtReported): number | string {
  const codes = outcome.done.flatMap(({ result }) => (result === undefined ? [] : [result.exitCode]))
  return codes.length === 0 ? '' : Math.max(...codes)
}

const inWorkspace = (file: string, inputs: Inputs): string =>
  [inputs.projectPath, file.replaceAll('\\', '/')].filter(Boolean).join('/')

function annotate(node: NodeResult, inputs: Inputs): Annotation[] {
  if (node.verdict !== 'failed' && node.verdict !== 'warned') return []
  return [
    {
      kind: node.verdict === 'failed' ? 'error' : 'warning',
      title: `dbt ${node.resourceType} ${node.name}: ${node.status}`,
      message: node.message || `${node.name}: ${node.status}`,
      file: node.file === undefined ? undefined : inWorkspace(node.file, inputs),
      line: node.line ?? (node.file === undefined ? undefined : 1),
    },
  ]
}

function warnOfPython(step: DbtStep): Annotation[] {
  return step.kind === 'python-model' && step.isBarred
    ? [{ kind: 'warning', message: `Python model ${step.target} ${step.reason}.` }]
    : []
}

/** What no node can say: the project does not parse, or nothing was selected. */
function annotateCommand(
  step: DbtStep,
  result: CommandResult | undefined,
  inputs: Inputs,
  observed: Observed,
): Annotation[] {
  if (result === undefined || (step.kind !== 'command' && step.kind !== 'list')) return []
  if (result.place !== undefined && result.exception !== undefined)
    return [
      {
        kind: 'error',
        title: `dbt ${step.command.verb}`,
        message: result.exception,
        file: inWorkspace(result.place.file, inputs),
        line: result.place.line ?? 1,
      },
    ]
  if (step.kind === 'list' || !result.isSuccess || result.nodes.length > 0 || !acts(step.command.verb))
    return []
  // A pull request that changes no model has nothing to build, and that is well.
  if (observed.state?.role === 'compare' && observed.state.kept !== undefined) return []
  return [
    {
      kind: 'warning',
      message: `dbt ${step.target} did nothing: it selected no node. Is the selection right, and does the project hold any?`,
    },
  ]
}
