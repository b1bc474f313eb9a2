/** A command called in a way that cannot work: one sentence for the person, exit 1, no stack. */
export class UsageError extends Error {
  override name = 'UsageError'
}
