/** Puts dbt's results into words, outputs and annotations; it refuses to write anything. */
import type { Annotation, Report, SummaryBlock } from '../../_shared/report.ts'
import { ActionError } from '../../_shared/errors.ts'
import type { Outcome } from '../../_shared/plan.ts'
import type { Inputs } from './inputs.ts'
import type { Observed } from './observe.ts'
import type { DbtPlan, DbtStep } from './plan.ts'
import type { CommandResult, NodeResult, Verdict } from './results.ts'
import { acts } from './verbs.ts'

type DbtReported = Outcome<DbtStep, CommandResult> & { readonly results?: string }

export function report(
  plan: DbtPlan,
  outcome: DbtReported,
  inputs: Inputs,
  notes: readonly string[],
  { project: { notes: projectNotes } }: Observed,
): Report {
  const isCancelled = outcome.failure instanceof ActionError && outcome.failure.problem === 'cancelled'
  const nodes = outcome.done.flatMap(({ result }) => result?.nodes ?? [])
  const count = (verdict: Verdict): number => nodes.filter((node) => node.verdict === verdict).length
  const bytes = nodes.map((node) => node.bytesProcessed).filter((value) => value !== undefined)
  const failed = isCancelled ? 'cancelled' : 'failure'
  const status = outcome.failure !== undefined ? failed : inputs.isDryRun ? 'dry-run' : 'success'
  return {
    outputs: {
      status,
      'results-path': outcome.results ?? '',
      'nodes-passed': count('passed'),
      'nodes-failed': count('failed'),
      'nodes-warned': count('warned'),
      'nodes-skipped': count('skipped'),
      'exit-code': exitCodeOf(outcome),
      'bytes-processed': bytes.length === 0 ? '' : bytes.reduce((sum, value) => sum + value, 0),
    },
    summary: [
      {
        kind: 'heading',
        text: inputs.isDryRun
          ? 'dbt: what would run'
          : outcome.failure === undefined
            ? 'dbt: succeeded'
            : isCancelled
              ? 'dbt: cancelled'
              : 'dbt: failed',
      },
      {
        kind: 'text',
        text: `dbt-core ${inputs.coreVersion}, dbt-bigquery ${inputs.adapterVersion}; target ${inputs.target}, dataset ${inputs.dataset}, location ${inputs.location}.`,
      },
      ...[...notes, ...projectNotes].map((text): SummaryBlock => ({ kind: 'text', text })),
      ...(inputs.isDryRun ? describePlan(plan, outcome) : describeRun(outcome, nodes)),
    ],
    annotations: [
      ...nodes.flatMap((node) => annotate(node, inputs)),
      ...outcome.done.flatMap(({ step, result }) => annotateCommand(step, result, inputs)),
      ...projectNotes.map((message): Annotation => ({ kind: 'notice', message })),
    ],
    failure: outcome.failure,
  }
}

function describePlan(plan: DbtPlan, outcome: DbtReported): SummaryBlock[] {
  const listed = new Map(outcome.done.map(({ step, result }) => [step, result?.listed]))
  const rows = plan.steps
    .filter((step) => step.kind !== 'use')
    .map((step) => [
      step.kind === 'install' ? `install ${step.target}` : `dbt ${step.target}`,
      step.reason,
      listed.get(step)?.length ?? '',
    ])
  const details = [...listed].flatMap(([step, names]): SummaryBlock[] =>
    names === undefined || names.length === 0
      ? []
      : [{ kind: 'details', label: `dbt ${step.target}`, text: names.join('\n') }],
  )
  return [{ kind: 'table', head: ['Step', 'Why', 'Nodes'], rows }, ...details]
}

function describeRun(outcome: DbtReported, nodes: readonly NodeResult[]): SummaryBlock[] {
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
      `${node.seconds.toFixed(1)} s`,
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
      : [{ kind: 'table', head: ['Node', 'Type', 'Status', 'Rows', 'Bytes', 'Time'], rows } as const]),
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

/** What no node can say: the project does not parse, or nothing was selected. */
function annotateCommand(step: DbtStep, result: CommandResult | undefined, inputs: Inputs): Annotation[] {
  if (result === undefined || step.kind !== 'command') return []
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
  if (!result.isSuccess || result.nodes.length > 0 || !acts(step.command.verb)) return []
  return [
    {
      kind: 'warning',
      message: `dbt ${step.target} did nothing: it selected no node. Is the selection right, and does the project hold any?`,
    },
  ]
}
