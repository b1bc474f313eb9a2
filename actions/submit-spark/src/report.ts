/**
 * What `submit-spark` says: state, times, usage and cost of a batch, the files staged, or the request of a
 * dry run. It refuses to call anything but SUCCEEDED a success.
 */
import { WorkFailedError } from '../../_shared/errors.ts'
import type { Outcome } from '../../_shared/plan.ts'
import type { Annotation, Report, SummaryBlock } from '../../_shared/report.ts'
import { consoleLink, type SparkPlan, type SparkStep } from './plan.ts'

interface Batch {
  readonly name: string
  readonly state: string
  readonly stateMessage: string
  readonly outputUri?: string
  readonly history: readonly { readonly state: string; readonly atMs: number | undefined }[]
  readonly usage?: { readonly milliDcuSeconds: number; readonly shuffleGbSeconds: number }
}
interface Submitted extends Outcome<SparkStep> {
  readonly watched?: { readonly batch: Batch; readonly tail: readonly string[]; readonly isTimedOut: boolean }
}
interface Wishes {
  readonly region: string
  readonly timeoutMs: number
  readonly pricePerDcuHour: number
  readonly pricePerShuffleGbHour: number
}
interface World {
  readonly projectId: string
  readonly sources: ReadonlyMap<
    string,
    {
      /** Ends of traceback paths → paths in the workspace. */
      readonly tracebackPaths: Readonly<Record<string, string>>
    }
  >
}
interface Facts extends Pick<Wishes, 'timeoutMs'> {
  readonly link: string
  readonly tracebackPaths: Readonly<Record<string, string>>
}

export function report(
  plan: SparkPlan,
  outcome: Submitted,
  inputs: Wishes,
  said: readonly string[],
  observed: World,
): Report {
  const { submit } = plan
  const facts: Facts = {
    timeoutMs: inputs.timeoutMs,
    link: consoleLink({
      projectId: observed.projectId,
      region: inputs.region,
      batchId: submit?.batchId ?? '',
    }),
    tracebackPaths: Object.fromEntries(
      [...observed.sources.values()].flatMap(({ tracebackPaths }) => Object.entries(tracebackPaths)),
    ),
  }
  const batch = outcome.watched?.batch
  const cost = batch?.usage === undefined ? undefined : costUsd(batch.usage, inputs)
  const outputs = {
    'main-uri': plan.mainUri,
    'py-file-uris': plan.pyFileUris.join('\n'),
    'batch-id': submit?.batchId ?? '',
    'batch-name': batch?.name ?? '',
    state: batch?.state ?? '',
    'output-uri': batch?.outputUri ?? '',
    'milli-dcu-seconds': batch?.usage?.milliDcuSeconds ?? '',
    'shuffle-gb-seconds': batch?.usage?.shuffleGbSeconds ?? '',
    'cost-usd': cost === undefined ? '' : cost.toFixed(6),
  }
  const notes = said.map((text): SummaryBlock => ({ kind: 'text', text }))
  if (submit === undefined)
    return { outputs, summary: [...staging(plan, outcome), ...notes], failure: outcome.failure }
  if (!outcome.isApplied) {
    return {
      outputs,
      summary: [
        { kind: 'heading', text: `Batch ${submit.batchId}: plan (dry run, nothing was submitted)` },
        stepTable(plan),
        { kind: 'code', language: 'json', text: JSON.stringify(submit.request, null, 2) },
        ...notes,
      ],
    }
  }
  if (batch === undefined)
    return { outputs, summary: notes, failure: outcome.failure ?? new Error('the batch was not watched') }
  const summary: SummaryBlock[] = [
    { kind: 'heading', text: `Batch ${submit.batchId}: ${batch.state}` },
    {
      kind: 'table',
      head: ['', ''],
      rows: [
        ['Batch', { text: submit.batchId, href: facts.link }],
        ...times(batch).map(([state, seconds]): [string, string] => [state, `${seconds} s`]),
        ['Files', `${plan.steps.length - 1} staged, ${plan.staged} were there already`],
        [
          'Usage',
          batch.usage === undefined
            ? 'not counted yet'
            : `${(batch.usage.milliDcuSeconds / 1000).toFixed(1)} DCU-seconds, ${batch.usage.shuffleGbSeconds} GB-seconds of shuffle`,
        ],
        [
          'Cost (estimate)',
          cost === undefined
            ? 'unknown'
            : `$${cost.toFixed(4)} at $${inputs.pricePerDcuHour} per DCU-hour and $${inputs.pricePerShuffleGbHour} per GB-hour`,
        ],
        ['Driver output', batch.outputUri ?? 'none'],
      ],
    },
    ...(outcome.watched !== undefined && outcome.watched.tail.length > 0
      ? [
          {
            kind: 'details',
            label: 'Last lines of the driver',
            text: outcome.watched.tail.join('\n'),
          } as const,
        ]
      : []),
    ...notes,
  ]
  return { outputs, summary, failure: outcome.failure ?? failureOf(submit.batchId, outcome, facts) }
}

function staging(plan: SparkPlan, outcome: Submitted): SummaryBlock[] {
  if (!outcome.isApplied)
    return [
      { kind: 'heading', text: `Files of ${plan.mainUri}: plan (dry run, nothing was staged)` },
      stepTable(plan),
    ]
  return [
    {
      kind: 'heading',
      text: `Staged ${outcome.done.length} of ${plan.steps.length} new file(s), ${plan.staged} were there already; nothing was submitted`,
    },
    { kind: 'list', items: [plan.mainUri, ...plan.pyFileUris] },
  ]
}

function stepTable(plan: SparkPlan): SummaryBlock {
  return {
    kind: 'table',
    head: ['Step', 'Target', 'Why'],
    rows: plan.steps.map(({ kind, target, reason }) => [kind, target, reason]),
  }
}

/** https://cloud.google.com/dataproc-serverless/pricing: DCU-hours and GB-hours of shuffle, by the second. */
export function costUsd(
  usage: { milliDcuSeconds: number; shuffleGbSeconds: number },
  prices: { pricePerDcuHour: number; pricePerShuffleGbHour: number },
): number {
  return (
    (usage.milliDcuSeconds / 3_600_000) * prices.pricePerDcuHour +
    (usage.shuffleGbSeconds / 3600) * prices.pricePerShuffleGbHour
  )
}

/** How long each state lasted, in seconds with one decimal. */
function times(batch: Batch): [string, string][] {
  const known = batch.history.filter(
    (entry): entry is { state: string; atMs: number } => entry.atMs !== undefined,
  )
  return known
    .slice(0, -1)
    .map(({ state, atMs }, index) => [
      state.toLowerCase(),
      (((known[index + 1]?.atMs ?? atMs) - atMs) / 1000).toFixed(1),
    ])
}

function failureOf(batchId: string, outcome: Submitted, facts: Facts): WorkFailedError | undefined {
  const watched = outcome.watched
  if (watched === undefined || watched.batch.state === 'SUCCEEDED') return undefined
  const { batch, tail } = watched
  const words = batch.stateMessage.trim().split('\n').slice(0, 5).join('\n').slice(0, 800)
  const isTtl = /ttl exceeded/i.test(batch.stateMessage)
  const why = watched.isTimedOut
    ? `it did not end within ${facts.timeoutMs / 60_000} minutes and was cancelled (timeout-minutes)`
    : isTtl
      ? 'it was cancelled because its ttl was exceeded'
      : batch.state === 'CANCELLED'
        ? 'somebody cancelled it'
        : 'it failed'
  // Many places show the first line only: the job's own words belong on it.
  const said = why === 'it failed' && words ? `: ${words}` : `.${words ? `\n${words}` : ''}`
  return new WorkFailedError(`Running batch ${batchId}: ${why}${said}`, {
    link: facts.link,
    lastLines: tail,
    annotations: annotationsOf(tail, facts.tracebackPaths),
    hint: isTtl ? 'Raise the input ttl.' : undefined,
    problem:
      watched.isTimedOut || isTtl
        ? 'spark-timeout'
        : batch.state === 'CANCELLED'
          ? 'cancelled'
          : 'spark-failed',
  })
}

/** The innermost frame of each traceback that lies in the author's own files. */
export function annotationsOf(
  lines: readonly string[],
  paths: Readonly<Record<string, string>>,
): Annotation[] {
  const frames = lines.flatMap((line, index) => {
    const frame = /^\s*File "([^"]+)", line (\d+)/.exec(line)
    const file =
      frame && Object.entries(paths).find(([end]) => frame[1] === end || frame[1]?.endsWith(`/${end}`))?.[1]
    return file ? [{ index, file, line: Number(frame[2]) }] : []
  })
  const last = frames.at(-1)
  if (last === undefined) return []
  const message =
    lines
      .slice(last.index + 1)
      .find((line) => /^[\w.]+(Error|Exception|Exit|Interrupt|Warning)?\b.*:/.test(line)) ??
    'The Spark job failed here.'
  return [
    {
      kind: 'error',
      file: last.file,
      line: last.line,
      title: 'The Spark job failed here',
      message: message.trim(),
    },
  ]
}
