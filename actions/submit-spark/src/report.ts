/**
 * What `submit-spark` says: state, times, usage and cost of a batch, the files staged, or the request of a
 * dry run. It refuses to call anything but SUCCEEDED a success.
 */
import type { Batch } from '../../_shared/batch.ts'
import { WorkFailedError } from '../../_shared/errors.ts'
import type { Annotation, Cell, Report, SummaryBlock } from '../../_shared/report.ts'
import { hideNamed } from '../../_shared/secrets.ts'
import type { Submitted } from './apply.ts'
import type { FailureSigns } from './failure-signs.ts'
import { consoleLink, type SparkPlan } from './plan.ts'
import { costUsd, type Prices } from './prices.ts'
import type { SparkInputs } from './spark-inputs.ts'

type Wishes = Pick<SparkInputs, 'isDryRun' | 'region' | 'timeoutMs' | 'prices' | 'maxCostUsd'>
interface World {
  readonly projectId: string
  readonly sources: ReadonlyMap<
    string,
    {
      /** Ends of traceback paths → paths in the workspace. */
      readonly tracebackPaths: Readonly<Record<string, string>>
    }
  >
  readonly notes: readonly string[]
}
interface Facts extends Omit<Wishes, 'region' | 'isDryRun'> {
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
  const facts = factsOf(plan, inputs, observed)
  const batch = outcome.watched?.batch ?? outcome.submitted
  const outputs = outputsOf(plan, batch, facts.prices)
  const notes = [...said, ...observed.notes].map((text): SummaryBlock => ({ kind: 'text', text }))
  if (submit === undefined)
    return { outputs, summary: [...staging(plan, outcome, inputs), ...notes], failure: outcome.failure }
  if (!outcome.isApplied) {
    return {
      outputs,
      summary: [
        { kind: 'heading', text: `Batch ${submit.batchId}: ${notDone(inputs, 'submitted')}` },
        stepTable(plan),
        ...(submit.request === undefined
          ? []
          : [
              {
                kind: 'code',
                language: 'json',
                text: JSON.stringify(hideNamed(submit.request), null, 2),
              } as const,
            ]),
        ...notes,
      ],
    }
  }
  if (batch === undefined)
    return { outputs, summary: notes, failure: outcome.failure ?? new Error('the batch was not watched') }
  const tail = outcome.watched?.tail ?? []
  const summary: SummaryBlock[] = [
    {
      kind: 'heading',
      text: `Batch ${submit.batchId}: ${batch.state}${outcome.submitted === undefined ? '' : ' (not waited for)'}`,
    },
    { kind: 'table', head: ['', ''], rows: rowsOf(plan, submit, batch, facts) },
    ...(tail.length > 0
      ? [{ kind: 'details', label: 'Last lines of the driver', text: tail.join('\n') } as const]
      : []),
    ...notes,
  ]
  return { outputs, summary, failure: outcome.failure ?? failureOf(submit.batchId, outcome, facts) }
}

function factsOf({ submit }: SparkPlan, inputs: Wishes, { projectId, sources }: World): Facts {
  return {
    timeoutMs: inputs.timeoutMs,
    prices: inputs.prices,
    maxCostUsd: inputs.maxCostUsd,
    link: consoleLink({ projectId, region: inputs.region, batchId: submit?.batchId ?? '' }),
    tracebackPaths: Object.fromEntries(
      [...sources.values()].flatMap(({ tracebackPaths }) => Object.entries(tracebackPaths)),
    ),
  }
}

const costOf = (batch: Batch | undefined, prices: Prices): number | undefined =>
  batch?.usage === undefined ? undefined : costUsd(batch.usage, prices)

function outputsOf(plan: SparkPlan, batch: Batch | undefined, prices: Prices): Report['outputs'] {
  return {
    'main-uri': plan.mainUri,
    'py-file-uris': plan.pyFileUris.join('\n'),
    'batch-id': plan.submit?.batchId ?? '',
    'batch-name': batch?.name ?? '',
    state: batch?.state ?? '',
    'output-uri': batch?.outputUri ?? '',
    'milli-dcu-seconds': batch?.usage?.milliDcuSeconds ?? '',
    'shuffle-gb-seconds': batch?.usage?.shuffleGbSeconds ?? '',
    'cost-usd': costOf(batch, prices)?.toFixed(6) ?? '',
  }
}

function rowsOf(
  plan: SparkPlan,
  submit: NonNullable<SparkPlan['submit']>,
  batch: Batch,
  { link, prices }: Facts,
): Cell[][] {
  const { usage } = batch
  const cost = costOf(batch, prices)
  const priced =
    cost === undefined
      ? usage === undefined
        ? 'unknown'
        : `unknown: ${prices.source}`
      : `$${cost.toFixed(4)} at $${prices.dcuHour} per DCU-hour and $${prices.shuffleGbHour} per GB-hour: ${prices.source}`
  return [
    ['Batch', { text: submit.batchId, href: link }],
    ...times(batch).map(([state, seconds]) => [state, `${seconds} s`]),
    ...(submit.kind === 'attach' ? [['Not submitted', submit.reason]] : []),
    ...(plan.mainUri === ''
      ? []
      : [['Files', `${plan.steps.length - 1} staged, ${plan.staged} were there already`]]),
    [
      'Usage',
      usage === undefined
        ? 'not counted yet'
        : `${(usage.milliDcuSeconds / 1000).toFixed(1)} DCU-seconds, ${usage.shuffleGbSeconds} GB-seconds of shuffle`,
    ],
    ['Cost (estimate)', priced],
    ['Driver output', batch.outputUri ?? 'none'],
  ]
}

/** A refused run is none that only looked. */
const notDone = ({ isDryRun }: Wishes, what: string): string =>
  isDryRun ? `plan (dry run, nothing was ${what})` : `nothing was ${what}`

function staging(plan: SparkPlan, outcome: Submitted, inputs: Wishes): SummaryBlock[] {
  if (!outcome.isApplied)
    return [
      { kind: 'heading', text: `Files of ${plan.mainUri}: ${notDone(inputs, 'staged')}` },
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

/** How long each state lasted, in seconds with one decimal. */
function times(batch: Batch): [string, string][] {
  const known = batch.history.filter(
    (entry): entry is typeof entry & { atMs: number } => entry.atMs !== undefined,
  )
  return known
    .slice(0, -1)
    .map(({ state, atMs }, index) => [
      state.toLowerCase(),
      (((known[index + 1]?.atMs ?? atMs) - atMs) / 1000).toFixed(1),
    ])
}

function failureOf(batchId: string, outcome: Submitted, facts: Facts): WorkFailedError | undefined {
  // What nobody waited for may have ended all the same.
  const { submitted } = outcome
  const unwatched = submitted && /^(FAILED|CANCELLED)$/.test(submitted.state) ? submitted : undefined
  const watched: Submitted['watched'] =
    outcome.watched ?? (unwatched && { batch: unwatched, tail: [], signs: { tracebacks: [] } })
  if (watched === undefined || watched.batch.state === 'SUCCEEDED') return undefined
  const { batch, tail, signs, stopped } = watched
  const words = batch.stateMessage.trim().split('\n').slice(0, 5).join('\n').slice(0, 800)
  const isTtl = /ttl exceeded/i.test(batch.stateMessage)
  const why =
    stopped === 'timeout'
      ? `it did not end within ${facts.timeoutMs / 60_000} minutes and was cancelled (timeout-minutes)`
      : stopped === 'cost'
        ? `it had used more than $${facts.maxCostUsd} and was cancelled (max-cost-usd)`
        : isTtl
          ? 'it was cancelled because its ttl was exceeded'
          : batch.state === 'CANCELLED'
            ? 'somebody cancelled it'
            : 'it failed'
  const hasFailed = why === 'it failed'
  const cause = hasFailed ? causeOf(signs, batch.stateMessage) : undefined
  // Many places show the first line only: the job's own words belong on it.
  const said = hasFailed && (cause ?? words) ? `: ${cause ?? words}` : '.'
  const more = hasFailed && cause === undefined ? '' : words
  const kept = signs.tracebacks.filter((block) => !tail.includes(block.at(-1) ?? ''))
  return new WorkFailedError(`Running batch ${batchId}: ${why}${said}${more ? `\n${more}` : ''}`, {
    link: facts.link,
    lastLines: [...kept.flatMap((block) => [...block, '…']), ...tail],
    annotations: annotationsOf([...signs.tracebacks.flat(), ...tail], facts.tracebackPaths).map(
      (annotation) => (cause === undefined ? annotation : { ...annotation, message: firstLine(cause) }),
    ),
    hint: isTtl ? 'Raise the input ttl.' : cause && grantFor(cause),
    problem:
      stopped !== undefined || isTtl
        ? 'spark-timeout'
        : batch.state === 'CANCELLED'
          ? 'cancelled'
          : 'spark-failed',
  })
}

/**
 * What Java said, when that is where the failure comes from: Python's own line then names an object of the bridge
 * ("An error occurred while calling o37.parquet") and nothing else.
 */
function causeOf(signs: FailureSigns, stateMessage: string): string | undefined {
  const last = signs.tracebacks.at(-1)?.at(-1) ?? ''
  const isJavas =
    signs.tracebacks.length === 0 || /Py4J|An error occurred while calling/.test(`${last}\n${stateMessage}`)
  if (!isJavas || (signs.java === undefined && signs.causedBy === undefined)) return undefined
  const java = signs.java?.slice(0, 600)
  const below = signs.causedBy?.split('\n').slice(0, 12).join('\n').slice(0, 900)
  if (java === undefined) return below
  return below === undefined ? java : `${java}\nCaused by: ${below}`
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? ''
}

function grantFor(cause: string): string | undefined {
  const denied = /([\w.-]+@[\w.-]+) does not have ([a-z]+\.[a-zA-Z]+\.[a-zA-Z]+) access/.exec(cause)
  return denied ? `Grant ${denied[2]} to ${denied[1]}, the account that the batch runs as.` : undefined
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
