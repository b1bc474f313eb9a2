/** What the comment says of plans, as a value: sums, states and what of several comments is left. */
import { describe, expect, it } from '@jest/globals'
import { RefusedError } from '../../../actions/_shared/errors.ts'
import { describePlan, type Outcome, type Plan, type Step } from '../../../actions/_shared/plan.ts'
import { renderSummary } from '../../../actions/_shared/runner/summary.ts'
import { blocksOf, DETAILS } from '../../../actions/comment-plan/src/body.ts'
import type { Inputs } from '../../../actions/comment-plan/src/inputs.ts'
import type { NamedPlan } from '../../../actions/comment-plan/src/plan-document.ts'
import { readPlan } from '../../../actions/comment-plan/src/plan-document.ts'
import { planComment } from '../../../actions/comment-plan/src/plan.ts'

const inputs: Inputs = {
  plans: [],
  stopped: [],
  isReading: false,
  required: [],
  environment: 'dev',
  pullRequest: 7,
  author: 'bot',
  token: 't',
  isDryRun: false,
  repository: 'octo/clicks',
  runId: '2',
  runAttempt: '1',
  sha: '0'.repeat(40),
  runUrl: '',
}
const textOf = (plans: readonly NamedPlan[]): string =>
  renderSummary(blocksOf({ ...inputs, plans }, DETAILS[0]!)).replace(/&#(\d+);/g, (_, code: string) =>
    String.fromCharCode(Number(code)),
  )
const named = (action: string, plan: Plan, outcome?: Outcome<Step>, ended?: string): NamedPlan =>
  readPlan('step', JSON.stringify(describePlan(action, plan, outcome)), ended)

describe('a plan too long for an output', () => {
  const steps = Array.from({ length: 1_000 }, (_, n) => ({
    kind: 'upload',
    target: `dags/${n}.py`,
    reason: 'new',
    bytes: 1024,
  }))
  const plan = { target: { project: 'p' }, owner: 'o', steps }
  const applied = (done: number): Outcome<Step> => ({
    isApplied: true,
    done: steps.slice(0, done).map((step) => ({ step })),
  })
  it.each([
    ['900 of 1000 done', 'Partly applied to dev', applied(900), undefined],
    ['900 of 1000 done', 'Partly applied to dev', applied(900), 'failure'],
    ['done', 'Applied to dev', applied(1_000), undefined],
    ['0 of 1000 done', 'Partly applied to dev', applied(0), 'failure'],
    ['planned', 'Plan for dev', undefined, 'success'],
    ['refused', 'Plan for dev', undefined, 'failure'],
  ])('is said whole: %s, %s', (state, heading, outcome, ended) => {
    const long = named('deploy-dags', plan, outcome, ended)
    expect(long.document.steps.length).toBeLessThan(steps.length)
    const text = textOf([long])
    expect(text).toContain(`<td>${state}</td></tr>`)
    expect(text).toContain(heading)
    expect(text).toContain('1000 steps')
    expect(text).toContain(`… and ${1_000 - long.document.steps.length} more`)
    expect(text).toContain('<td>1000.0 KiB</td>')
  })
  it('of an earlier version, without its totals, is never called done', () => {
    const { name, document } = named('deploy-dags', plan, applied(900))
    const { totals: _none, ...earlier } = document
    expect(textOf([{ name, document: earlier }])).toContain(`${document.steps.length} of 1000 done`)
  })
})

it('a plan that would be refused says so, and why, for as long as it is a plan', () => {
  const steps = [{ kind: 'delete', target: 'a', reason: 'gone' }]
  const refusal = new RefusedError('Planning: too much would go.', { what: 'much' })
  const plan = { target: { project: 'p' }, owner: '', steps, refusal }
  const dry = textOf([named('deploy-dags', plan)])
  expect([dry.includes('would be refused'), dry.includes('too much would go')]).toEqual([true, true])
  const allowed = textOf([named('deploy-dags', plan, { isApplied: true, done: [{ step: steps[0]! }] })])
  expect(allowed).not.toContain('refused')
})

it('one of two steps done is a part, also when only the plan is passed', () => {
  const steps = ['a', 'b'].map((target) => ({ kind: 'create', target, reason: 'new' }))
  const half: Outcome<Step> = { isApplied: true, done: [{ step: steps[0]! }] }
  const text = textOf([named('apply-ddl', { target: { project: 'p' }, owner: '', steps }, half)])
  expect([text.includes('Partly applied to dev'), text.includes('1 of 2 done')]).toEqual([true, true])
})

it('a plan of run-dbt shows what it reads and costs, what differs and what is made', () => {
  const steps = [
    { kind: 'create-dataset', target: 'caec_pr_7', reason: 'of pull request 7' },
    { kind: 'build', target: 'orders', reason: 'table, $1.25 (precise)', bytes: 2 ** 38, cost: 1.25 },
    { kind: 'build', target: 'customers', reason: 'view, $0 (precise)', bytes: 0, cost: 0 },
    { kind: 'test', target: 'unique_id', reason: 'test (no estimate: it reads orders)' },
    { kind: 'compare', target: 'orders', reason: 'other columns', after: 'is_open BOOL' },
  ]
  const plan = { target: { project: 'p', dataset: 'd' }, owner: '', steps, agreedOn: { commands: [] } }
  const text = textOf([named('run-dbt', plan), named('apply-ddl', { ...plan, steps: [] })])
  expect(text).toContain('<th>What</th><th>Bytes</th><th>Cost</th><th>State</th>')
  expect(text).toContain('<td>256.0 GiB</td><td>$1.25</td><td>planned</td>')
  expect(text).toContain('build orders (table, $1.25 (precise), 256.0 GiB)')
  expect(text).toContain('+ is_open BOOL')
  expect(text).toContain('create-dataset caec_pr_7')
  expect(text).toMatch(/<details>/)
  // Estimates change every day; what was agreed on does not.
  const other = { ...plan, steps: [{ ...steps[1]!, bytes: 5, cost: 0 }], agreedOn: undefined }
  const same = { ...plan, steps: [steps[1]!], agreedOn: undefined }
  expect(describePlan('run-dbt', other).digest).toBe(describePlan('run-dbt', same).digest)
  expect(textOf([named('apply-ddl', { ...plan, steps: [] })])).not.toMatch(/<th>(Bytes|Cost)/)
})

describe('of several comments', () => {
  const at = (id: number, runId: string) => ({
    ...{ id, author: 'bot', url: `u${id}`, body: `of run ${runId}` },
    mark: { environment: 'dev', runId, runAttempt: '1', digests: {} },
  })
  const plan = (...comments: ReturnType<typeof at>[]) =>
    planComment(inputs, { pullRequest: 7, comments }).steps.map(({ kind, id, body, isSuperseded }) => [
      kind,
      id,
      body,
      isSuperseded,
    ])
  it.each([
    [
      'this run is the newest',
      [at(1, '1'), at(2, '2')],
      [
        ['update', 1],
        ['delete', 2],
      ],
    ],
    [
      'a newer run has the oldest',
      [at(1, '3'), at(2, '2')],
      [
        ['keep', 1, 'of run 3', true],
        ['delete', 2],
      ],
    ],
    [
      'a newer run has the youngest',
      [at(1, '2'), at(2, '1'), at(3, '3')],
      [
        ['update', 1, 'of run 3', true],
        ['delete', 2],
        ['delete', 3],
      ],
    ],
  ])('the oldest stays and says what the newest run says: %s', (_, comments, steps) => {
    expect(plan(...comments)).toEqual(steps.map((step) => [...step, undefined, undefined].slice(0, 4)))
  })
})
