/** A clock of a test's own: on a busy machine a budget of 200 ms would be over before the third answer. */
import { afterEach, beforeEach, jest } from '@jest/globals'

/** Inside `describe`: every test of it begins with a clock that stands still until `played` moves it. */
export function useOwnClock(): void {
  beforeEach(() => void jest.useFakeTimers())
  afterEach(() => void jest.useRealTimers())
}

/** Moves the clock until the promise has settled. */
export async function played<T>(waiting: Promise<T>, stepMs = 20): Promise<T> {
  let isOver = false
  const end = () => (isOver = true)
  waiting.then(end, end)
  while (!isOver) await jest.advanceTimersByTimeAsync(stepMs)
  return waiting
}
