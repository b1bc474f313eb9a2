/** What a function throws, as a value to compare; a function that does not throw gives undefined. */
export function thrownBy(work: () => unknown): unknown {
  try {
    work()
  } catch (error) {
    return error
  }
  return undefined
}
