/** Puts dbt's results into words, outputs and annotations; it refuses to write anything. */
import type { Annotation, Report, SummaryBlock } from '../../_shared/report.ts'
import type { Outcome } from '../../_shared/plan.ts'
import type { Inputs } from './inputs.ts'
import type { DbtPlan, DbtStep } from './plan.ts'
import type { CommandResult, NodeResult, Verdict } from './results.ts'

export function report(
  plan: DbtPlan,
  outcome: Outcome<DbtStep, CommandResult> & { readonly results?: string },
  inputs: Inputs,
  notes: readonly string[],
): Report {
  const nodes = outcome.done.flatMap(({ result }) => result?.nodes ?? [])
  const count = (verdict: Verdict): number => nodes.filter((node) => node.verdict === verdict).length
  const bytes = nodes.map((node) => node.bytesProcessed).filter((value) => value !== undefined)
  const status = outcome.failure !== undefined ? 'failure' : inputs.isDryRun ? 'dry-run' : 'success'
  return {
    outputs: {
      status,
      'results-path': outcome.results ?? '',
      'nodes-passed': count('passed'),
      'nodes-failed': count('failed'),
      'nodes-warned': count('warned'),
      'nodes-skipped': count('skipped'),
      'bytes-processed': bytes.length === 0 ? '' : bytes.reduce((sum, value) => sum + value, 0),
    },
    summary: [
      {
        kind: 'heading',
        text: inputs.isDryRun
          ? 'dbt: what would run'
          : outcome.failure === undefined
            ? 'dbt: succeeded'
            : 'dbt: failed',
      },
      {
        kind: 'text',
        text: `dbt-core ${inputs.coreVersion}, dbt-bigquery ${inputs.adapterVersion}; target ${inputs.target}, dataset ${inputs.dataset}, location ${inputs.location}.`,
      },
      ...notes.map((text): SummaryBlock => ({ kind: 'text', text })),
      ...(inputs.isDryRun ? describePlan(plan, outcome) : describeRun(outcome, nodes)),
    ],
    annotations: nodes.flatMap((node) => annotate(node, inputs)),
    failure: outcome.failure,
  }
}

function describePlan(plan: DbtPlan, outcome: Outcome<DbtStep, CommandResult>): SummaryBlock[] {
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

function describeRun(outcome: Outcome<DbtStep, CommandResult>, nodes: readonly NodeResult[]): SummaryBlock[] {
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

function annotate(node: NodeResult, inputs: Inputs): Annotation[] {
  if (node.verdict !== 'failed' && node.verdict !== 'warned') return []
  const file =
    node.file === undefined
      ? undefined
      : [inputs.projectPath, node.file.replaceAll('\\', '/')].filter(Boolean).join('/')
  return [
    {
      kind: node.verdict === 'failed' ? 'error' : 'warning',
      title: `dbt ${node.resourceType} ${node.name}: ${node.status}`,
      message: node.message || `${node.name}: ${node.status}`,
      file,
      line: node.line ?? (file === undefined ? undefined : 1),
    },
  ]
}
