/**
 * Puts plans into the words of a comment, as blocks of plain text that the runner edge escapes. It refuses nothing
 * for its length: detail is dropped until the rest fits what GitHub takes.
 */
import { spelledBytes, spelledDollars } from '../../_shared/amounts.ts'
import { lineDiff } from '../../_shared/line-diff.ts'
import type { Cell, SummaryBlock } from '../../_shared/report.ts'
import { totalsOf, type PlanDocument, type Totals } from '../../_shared/plan.ts'
import type { Inputs, StoppedStep } from './inputs.ts'
import type { NamedPlan } from './plan-document.ts'

/** What is shown at most of each plan; the first that fits is taken. */
interface Detail {
  readonly steps: number
  readonly areTextsShown: boolean
}
export const LEAST: Detail = { steps: 0, areTextsShown: false }
export const DETAILS: readonly Detail[] = [
  { steps: Infinity, areTextsShown: true },
  { steps: Infinity, areTextsShown: false },
  { steps: 100, areTextsShown: false },
  { steps: 20, areTextsShown: false },
  LEAST,
]

export function blocksOf(inputs: Inputs, detail: Detail): SummaryBlock[] {
  const { plans, stopped, environment, runUrl, sha } = inputs
  // A column that no plan has anything for would only take room.
  const amounts = AMOUNTS.filter(({ of }) => plans.some(({ document }) => of(document) !== ''))
  return [
    { kind: 'heading', text: headingOf(inputs, environment) },
    { kind: 'text', text: sentenceOf(plans) },
    {
      kind: 'table',
      head: ['Step', 'Action', 'Where', 'What', ...amounts.map(({ head }) => head), 'State'],
      rows: [
        ...plans.map((plan): Cell[] => [
          plan.name,
          plan.document.action,
          whereOf(plan.document),
          countsOf(plan.document),
          ...amounts.map(({ of }) => of(plan.document)),
          stateOf(plan),
        ]),
        ...stopped.map(({ name, outcome }): Cell[] => [
          name,
          ...Array.from({ length: 3 + amounts.length }, () => ''),
          STOPPED[outcome] ?? outcome,
        ]),
      ],
    },
    ...refusalsOf(plans),
    {
      kind: 'text',
      text: plans.some(isBegun)
        ? 'Digests of what was to be applied:'
        : 'To apply exactly this, pass the digest as expected-plan:',
    },
    {
      kind: 'table',
      head: ['Step', 'Digest'],
      rows: plans.map(({ name, document }) => [name, document.digest]),
    },
    ...(isReviewable(inputs) && plans.length <= 20
      ? [
          { kind: 'text', text: 'or all of them as expected-plans of deploy.yml:' } satisfies SummaryBlock,
          {
            kind: 'code',
            text: JSON.stringify(digestsOf(plans)),
            language: 'json',
          } satisfies SummaryBlock,
        ]
      : []),
    ...plans.flatMap((plan) => stepsOf(plan, detail)),
    ...(runUrl === ''
      ? []
      : [
          {
            kind: 'list',
            items: [{ text: `Run of commit ${sha.slice(0, 12)}`, href: runUrl }],
          } satisfies SummaryBlock,
        ]),
  ]
}

const STOPPED: Readonly<Record<StoppedStep['outcome'], string>> = {
  failure: 'failed before its plan',
  cancelled: 'cancelled before its plan',
  skipped: 'not reached',
}

export const digestsOf = (plans: readonly NamedPlan[]): Record<string, string> =>
  Object.fromEntries(plans.map(({ name, document }) => [name, document.digest]))

/** Something to decide on: nothing was applied, and nothing of it failed. */
export const isReviewable = ({ plans, stopped }: Pick<Inputs, 'plans' | 'stopped'>): boolean =>
  stopped.length === 0 && !plans.some((plan) => isBegun(plan) || isBad(plan))

const isBegun = ({ document }: NamedPlan): boolean =>
  document.steps.some(({ state }) => state !== 'planned') || progressOf(document).begun > 0
/** A step that succeeded did what it wanted; without its outcome only a plan of which all is done says so. */
const isWhole = ({ document, outcome }: NamedPlan): boolean => {
  const { total, begun, done } = progressOf(document)
  return done === total || (outcome === 'success' && begun > 0)
}
const isBad = ({ outcome }: NamedPlan): boolean => outcome === 'failure' || outcome === 'cancelled'

function headingOf({ plans, stopped }: Inputs, environment: string): string {
  const isApplied = plans.some(isBegun)
  const isStopped = stopped.length > 0 || plans.some((plan) => isBad(plan) || !isWhole(plan))
  const where = environment === '' ? '' : isApplied ? ` to ${environment}` : ` for ${environment}`
  return isApplied ? `${isStopped ? 'Partly applied' : 'Applied'}${where}` : `Plan${where}`
}

/** Reviewers ask first what goes away, so that is named even when it is nothing. */
function sentenceOf(plans: readonly NamedPlan[]): string {
  const total = new Map<string, number>()
  for (const { document } of plans)
    for (const [kind, count] of Object.entries(document.counts))
      total.set(kind, (total.get(kind) ?? 0) + count)
  const keep = total.get('keep') ?? 0
  const removed = total.get('delete') ?? 0
  const rest = [...total]
    .filter(([kind]) => kind !== 'keep' && kind !== 'delete')
    .map(([kind, count]) => `${kind} ${count}`)
  return `${[...rest, `delete ${removed}`].join(', ')}; ${keep} stay as they are.`
}

const whereOf = ({ target, owner }: PlanDocument): string =>
  [...Object.entries(target).map(([what, value]) => `${what} ${value}`), owner && `owner ${owner}`]
    .filter(Boolean)
    .join(', ')

const countsOf = ({ counts }: PlanDocument): string =>
  Object.entries(counts)
    .filter(([, count]) => count > 0)
    .sort(([a], [b]) => Number(a === 'keep') - Number(b === 'keep'))
    .map(([kind, count]) => `${kind} ${count}`)
    .join(', ') || 'nothing to do'

const totals = (document: PlanDocument): Totals => document.totals ?? totalsOf(document.steps)
const spelled = (amount: number | undefined, spell: (amount: number) => string): string =>
  amount === undefined ? '' : spell(amount)
const AMOUNTS: readonly { head: string; of: (document: PlanDocument) => string }[] = [
  { head: 'Bytes', of: (document) => spelled(totals(document).bytes, spelledBytes) },
  { head: 'Cost', of: (document) => spelled(totals(document).cost, spelledDollars) },
]

/** Of all steps that change something, also of those left out of a long plan. */
function progressOf(document: PlanDocument): { total: number; begun: number; done: number } {
  const { states } = totals(document)
  const shown = Object.values(states).reduce((sum, count) => sum + count, 0)
  // Earlier versions cut a plan without its totals: what is not shown did not certainly happen.
  const counted = Object.entries(document.counts).reduce(
    (sum, [kind, count]) => (kind === 'keep' ? sum : sum + count),
    0,
  )
  return {
    total: document.isTruncated === true ? Math.max(shown, counted) : shown,
    begun: shown - (states.planned ?? 0),
    done: states.done ?? 0,
  }
}

function stateOf(plan: NamedPlan): string {
  const { document, outcome } = plan
  const end = isBad(plan) ? (outcome === 'failure' ? ', then failed' : ', then cancelled') : ''
  const { total, begun, done } = progressOf(document)
  if (total === 0) return `nothing to do${end}`
  if (end === '' && begun === 0 && isRefused(document)) return 'would be refused'
  if (begun === 0) return end === '' ? 'planned' : 'refused'
  return done === total ? `done${end}` : `${done} of ${total} done`
}

const isRefused = ({ counts, refusal }: PlanDocument): boolean =>
  refusal !== undefined || (counts.conflict ?? 0) > 0

/** Never dropped for room: a plan that cannot be applied is decided on by its reason. */
function refusalsOf(plans: readonly NamedPlan[]): SummaryBlock[] {
  const items = plans.flatMap(({ name, document: { refusal } }) =>
    refusal === undefined ? [] : [`${name}: an apply of this plan is refused: ${refusal.slice(0, 500)}`],
  )
  return items.length === 0 ? [] : [{ kind: 'list', items }]
}

function stepsOf({ name, document }: NamedPlan, detail: Detail): SummaryBlock[] {
  const acting = document.steps.filter(({ kind }) => kind !== 'keep')
  const shown = acting.slice(0, detail.steps)
  if (shown.length === 0) return []
  const { total } = progressOf(document)
  const lines = shown.flatMap(({ kind, target, reason, bytes, state, before, after }) => [
    `${kind} ${target} (${reason}${bytes ? `, ${spelledBytes(bytes)}` : ''})${state === 'planned' ? '' : `: ${state}`}`,
    ...(detail.areTextsShown ? textsOf(before, after) : []),
  ])
  const more = total > shown.length ? `… and ${total - shown.length} more` : ''
  return [
    {
      kind: 'details',
      label: `${name}: ${total === 1 ? 'one step' : `${total} steps`}`,
      text: [...lines, ...(more === '' ? [] : [more])].join('\n'),
    },
  ]
}

/** What differs of a text that changes, all of one that is new or goes away. */
function textsOf(before: string | undefined, after: string | undefined): string[] {
  const marked = (sign: string, text = '') => text.split(/\r?\n/).map((line) => `${sign} ${line}`)
  const lines =
    before !== undefined && after !== undefined
      ? lineDiff(before, after).split('\n')
      : before !== undefined
        ? marked('-', before)
        : after !== undefined
          ? marked('+', after)
          : []
  return lines.filter((line) => line !== '').map((line) => `  ${line}`)
}
