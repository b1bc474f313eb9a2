/** Inputs of every action that plans; it refuses an owner that could not be recorded, and what is no digest. */
import { InputError, wrongValue } from './errors.ts'
import type { RunContext } from './runner/context.ts'
import type { Inputs } from './runner/inputs.ts'

/** The digest of a reviewed plan, or ''. */
export function parseExpectedPlan(raw: Pick<Inputs, 'text'>): string {
  const given = raw.text('expected-plan')
  if (!/^([0-9a-fA-F]{64})?$/.test(given))
    throw wrongValue('expected-plan', given, 'a plan-digest (64 hexadecimal digits)')
  return given
}

/** In whose name things are recorded; the repository unless the input says otherwise. */
export function parseOwner(raw: Pick<Inputs, 'text'>, context: Pick<RunContext, 'repository'>): string {
  const owner = raw.text('owner') || context.repository
  if (owner === '')
    throw new InputError('Reading input owner: it is empty and the runner names no repository; give one.', {
      input: 'owner',
      given: '',
      accepted: 'a name such as OWNER/REPO',
    })
  return checkOwner(owner, 'owner')
}

/** It becomes metadata, which travels in HTTP headers of some clients. */
export function checkOwner(owner: string, input: string): string {
  if (!/^[\w./@:+-]{1,200}$/.test(owner))
    throw wrongValue(input, owner, 'at most 200 letters, digits and ./_@:+-')
  return owner
}
