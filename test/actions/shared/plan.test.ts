import { describe, expect, it } from '@jest/globals'
import { ConflictError, RefusedError } from '../../../actions/_shared/errors.ts'
import {
  agree,
  canonicalJson,
  describePlan,
  notApplied,
  planDigest,
  type Plan,
} from '../../../actions/_shared/plan.ts'
import { judgePlan } from '../../support/plan-schema.ts'
import { thrownBy } from '../../support/thrown.ts'

const step = { kind: 'upload', target: 'a', reason: 'new' }
const plan: Plan = { target: { project: 'p', bucket: 'b' }, owner: 'octo/clicks', steps: [step] }
const digest = planDigest('deploy-dags', plan)

describe('plans', () => {
  it('have one digest whatever order their members were written in', () => {
    const { steps, owner, target } = plan
    expect(planDigest('deploy-dags', { steps, owner, target })).toBe(digest)
    expect(
      planDigest('deploy-dags', { ...plan, steps: [{ reason: 'new', target: 'a', kind: 'upload' }] }),
    ).toBe(digest)
  })
  it.each<[string, string, Plan]>([
    ['another action', 'publish-views', plan],
    ['another owner', 'deploy-dags', { ...plan, owner: 'octo/other' }],
    ['another bucket', 'deploy-dags', { ...plan, target: { project: 'p', bucket: 'c' } }],
    ['another project', 'deploy-dags', { ...plan, target: { project: 'q', bucket: 'b' } }],
    ['another step', 'deploy-dags', { ...plan, steps: [{ ...step, target: 'b' }] }],
    ['one step more', 'deploy-dags', { ...plan, steps: [step, step] }],
    ['what a step holds for apply', 'deploy-dags', { ...plan, steps: [{ ...step, after: 'x' }] }],
  ])('refuse a digest that was reviewed for %s', (_, action, other) => {
    expect(thrownBy(() => agree(action, other, digest))).toMatchObject({
      code: 'CONFLICT',
      problem: 'plan-changed',
      expected: digest,
      found: planDigest(action, other),
    })
  })
  it('do not change with an estimate of bytes', () =>
    expect(planDigest('deploy-dags', { ...plan, steps: [{ ...step, bytes: 7 }] })).toBe(digest))
  it('digest what a reviewer agrees to where steps hold what every run makes anew', () => {
    const of = (target: string) => ({ ...plan, agreedOn: ['x'], steps: [{ ...step, target }] })
    expect(planDigest('submit-spark', of('run 1'))).toBe(planDigest('submit-spark', of('run 2')))
  })
  it('agree with their own digest in either case, and with none', () => {
    for (const expected of [digest.toUpperCase(), digest, '', undefined])
      expect(() => agree('deploy-dags', plan, expected)).not.toThrow()
  })
  it('with nothing left to do need no agreement: what stopped half way is run again', () => {
    for (const steps of [[], [{ ...step, kind: 'keep' }]])
      expect(() => agree('deploy-dags', { ...plan, steps }, 'f'.repeat(64))).not.toThrow()
  })
  it('refuse another digest', () =>
    expect(thrownBy(() => agree('deploy-dags', plan, 'f'.repeat(64)))).toBeInstanceOf(ConflictError))
  it('say in their document why an apply would be refused, without what is secret and within bounds', () => {
    const refusal = new RefusedError(`no: ya29.canary-token ${'x'.repeat(900)}`, { what: 'much' })
    const { refusal: said = '' } = describePlan('deploy-dags', { ...plan, refusal })
    expect([said.startsWith('no: [token] x'), said.length]).toEqual([true, 500])
    for (const refused of [plan, { ...plan, refusal }]) {
      const document = describePlan('deploy-dags', refused)
      judgePlan('deploy-dags', { plan: JSON.stringify(document), 'plan-digest': document.digest })
      expect(document.digest).toBe(digest)
    }
    const applied = describePlan('deploy-dags', { ...plan, refusal }, { isApplied: true, done: [{ step }] })
    expect(applied).not.toHaveProperty('refusal')
  })
  it('say that a dry run did nothing', () => expect(notApplied(plan)).toEqual({ isApplied: false, done: [] }))
  it('are written with sorted keys at every level', () =>
    expect(canonicalJson({ b: [{ d: 1, c: undefined }], a: null })).toBe('{"a":null,"b":[{"d":1}]}'))
})

describe('the document of a plan', () => {
  const steps = [step, { ...step, target: 'b', bytes: 3 }, { ...step, kind: 'delete', target: 'c' }]
  it('counts kinds and what needs no step, and says what became of each', () => {
    const [first, second] = steps
    const document = describePlan(
      'deploy-dags',
      { ...plan, steps, unchanged: 5 },
      { isApplied: true, done: [{ step: first! }], unfinished: [second!] },
    )
    expect(document.counts).toEqual({ upload: 2, delete: 1, keep: 5 })
    expect(document.steps.map(({ state }) => state)).toEqual(['done', 'unfinished', 'not reached'])
    expect(document.digest).toBe(planDigest('deploy-dags', { ...plan, steps }))
  })
  it('shows what a step found at its end instead of what was planned, and keeps what was agreed on', () => {
    const looked = { kind: 'compare', target: 'a', reason: 'counted when it is built', after: 'x INT64' }
    const one = { ...plan, steps: [looked, step] }
    const document = describePlan('run-dbt', one, {
      isApplied: true,
      done: [{ step: looked, found: { reason: 'rows 1 to 2', after: undefined } }, { step }],
    })
    expect(document.steps[0]).toEqual({ kind: 'compare', target: 'a', reason: 'rows 1 to 2', state: 'done' })
    expect(document.steps[1]).toMatchObject({ reason: step.reason })
    expect(document.digest).toBe(planDigest('run-dbt', one))
  })
  it.each([
    ['what was and will be', 3, 'x'.repeat(100_000), 3],
    ['the last steps', 5000, '', 100],
  ])('leaves out %s when it is too long, and nothing of counts and digest', (_, number, after, atLeast) => {
    const many = {
      ...plan,
      steps: Array.from({ length: number }, (__, n) => ({ ...step, target: `a${n}`, after })),
    }
    const document = describePlan('deploy-dags', many)
    const text = JSON.stringify(document)
    judgePlan('deploy-dags', { plan: text, 'plan-digest': planDigest('deploy-dags', many) })
    expect(text.length).toBeLessThanOrEqual(16_000)
    expect(document).toMatchObject({ isTruncated: true, counts: { upload: number } })
    expect(document.steps.length).toBeGreaterThanOrEqual(atLeast)
    expect(document.steps.some((shown) => 'after' in shown)).toBe(false)
  })
})
