/**
 * Watches for a process that ends before its report: a promise that never settles, an error that nobody
 * caught. It refuses to let such an end be silent or look like success.
 */

export interface ExitWatch {
  /** What the process is at, for the sentence about its end: `reading the inputs`. */
  at(place: string): void
  /** The report is written: an end is an end from now on. */
  isReported(): void
}

export function watchExit(
  name: string,
  { isFailure, tell }: { readonly isFailure: boolean; tell(message: string): void },
): ExitWatch {
  // Until the report says otherwise.
  if (isFailure) process.exitCode = 1
  let place = 'starting'
  let isReported = false
  let uncaught: unknown
  process.on('uncaughtExceptionMonitor', (error) => {
    uncaught = error
  })
  process.on('exit', (code) => {
    if (isReported) return
    const why =
      uncaught !== undefined
        ? 'an error that nobody caught, above'
        : code === 130
          ? 'the run was cancelled and what was under way did not end in time'
          : 'it waited for an answer that can no longer come'
    tell(
      `${name}: it ended without a report while ${place}: ${why}; look at what was changed before running it again.`,
    )
    if (isFailure && code === 0) process.exitCode = 1
  })
  return {
    at: (now) => {
      place = now
    },
    isReported: () => {
      isReported = true
    },
  }
}
