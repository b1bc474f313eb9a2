/**
 * Cancellation as the runner does it: SIGINT, 7.5 s, SIGTERM, 2.5 s, kill. It refuses to outlive that: the
 * report has until then, tidying too, then the process ends.
 */

export type Tidy = () => Promise<void> | void
/** Shorter than the time until the kill, with room for the last lines. */
const LIMIT_MS = 8_500
/** Whichever signal came first: a run that was cancelled is one thing. */
const EXIT_CODE = 130

export interface Cancellation {
  /** Aborted at the first signal. */
  readonly signal: AbortSignal
  /** Registers work for the moment of cancellation; returns its removal. */
  onCancel(tidy: Tidy): () => void
}

/**
 * `end` waits for what is being tidied up and gives the exit code of the cancellation, undefined when there
 * was none.
 */
export function listenForCancellation(
  log: (line: string) => void,
): Cancellation & { end(): Promise<number | undefined> } {
  const controller = new AbortController()
  const tidies = new Set<Tidy>()
  let tidied: Promise<void> = Promise.resolve()
  let exitCode: number | undefined
  let limit: NodeJS.Timeout | undefined
  const tidyUp = async (tidy: Tidy): Promise<void> => {
    try {
      await tidy()
    } catch (error) {
      log(
        `Tidying up after the cancellation failed: ${error instanceof Error ? error.message : String(error)}`,
      )
    }
  }
  const handle = (name: 'SIGINT' | 'SIGTERM'): void => {
    if (exitCode !== undefined) return
    exitCode = EXIT_CODE
    log(`Received ${name}: the run was cancelled; what is under way ends, nothing new begins.`)
    limit = setTimeout(() => process.exit(exitCode), LIMIT_MS)
    // Begun before the abort: an aborted wait may unregister its own tidying.
    tidied = Promise.all([...tidies].map(tidyUp)).then(() => undefined)
    controller.abort(new Error(`cancelled by ${name}`))
  }
  const onInt = (): void => handle('SIGINT')
  const onTerm = (): void => handle('SIGTERM')
  process.on('SIGINT', onInt)
  process.on('SIGTERM', onTerm)
  return {
    signal: controller.signal,
    onCancel: (tidy) => {
      tidies.add(tidy)
      return () => tidies.delete(tidy)
    },
    end: async () => {
      await tidied
      clearTimeout(limit)
      if (exitCode === undefined) {
        process.off('SIGINT', onInt)
        process.off('SIGTERM', onTerm)
      }
      return exitCode
    },
  }
}
