/** A sign-in that is cancelled between two of its steps begins no other. */
import { expect, it } from '@jest/globals'
import type { Runner } from '../../../actions/_shared/run.ts'
import { apply } from '../../../actions/auth/src/apply.ts'
import type { AuthInputs } from '../../../actions/auth/src/inputs.ts'
import type { Observed } from '../../../actions/auth/src/observe.ts'
import type { AuthPlan } from '../../../actions/auth/src/plan.ts'

it('exports nothing after a cancellation, and says how far it came', async () => {
  const stop = new AbortController()
  const exported: string[] = []
  const runner = {
    cancelled: stop.signal,
    log: { info: () => undefined },
    exportVariable: (name: string) => void exported.push(name),
  } as unknown as Runner
  const federation = {
    current: () => undefined,
    exchange: () => Promise.resolve(stop.abort()),
  }
  const steps = [
    { kind: 'exchange', target: 'pool', reason: 'first' },
    { kind: 'export-project', target: 'p', reason: 'then', variables: ['GOOGLE_CLOUD_PROJECT'] },
  ]
  const outcome = await apply(
    { target: { project: 'p' }, owner: '', steps } as unknown as AuthPlan,
    {} as AuthInputs,
    { federation } as unknown as Observed,
    undefined,
    runner,
  )
  expect([exported, outcome.done.length]).toEqual([[], 1])
  expect(outcome.failure).toMatchObject({
    problem: 'cancelled',
    message: 'Signing in: the run was cancelled; 1 of 2 steps are done, the rest was not begun.',
  })
})
