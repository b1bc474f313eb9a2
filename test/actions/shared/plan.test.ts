import { describe, expect, it } from '@jest/globals'
import { ConflictError } from '../../../actions/_shared/errors.ts'
import { agree, canonicalJson, notApplied, planDigest } from '../../../actions/_shared/plan.ts'

const plan = { steps: [{ kind: 'upload', target: 'a', reason: 'new' }] }

describe('plans', () => {
  it('have one digest whatever order their members were written in', () => {
    expect(planDigest({ steps: [{ reason: 'new', target: 'a', kind: 'upload' }] })).toBe(planDigest(plan))
    expect(planDigest({ steps: [{ ...plan.steps[0]!, target: 'b' }] })).not.toBe(planDigest(plan))
  })
  it('agree with their own digest in either case, and with none', () => {
    expect(() => agree(plan, planDigest(plan).toUpperCase())).not.toThrow()
    expect(() => agree(plan, '')).not.toThrow()
    expect(() => agree(plan, undefined)).not.toThrow()
  })
  it('refuse another digest', () => {
    const expected = 'f'.repeat(64)
    let thrown: unknown
    try {
      agree(plan, expected)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBeInstanceOf(ConflictError)
    expect(thrown).toMatchObject({
      code: 'CONFLICT',
      step: 'expected-plan',
      expected,
      found: planDigest(plan),
    })
  })
  it('say that a dry run did nothing', () => expect(notApplied(plan)).toEqual({ isApplied: false, done: [] }))
  it('are written with sorted keys at every level', () =>
    expect(canonicalJson({ b: [{ d: 1, c: undefined }], a: null })).toBe('{"a":null,"b":[{"d":1}]}'))
})
