/**
 * A demo that cannot start because of what it was given: one sentence for the person, exit 1, no stack. It
 * refuses nothing itself.
 */
export class DemoInputError extends Error {
  override name = 'DemoInputError'
}
