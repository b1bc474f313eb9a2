/**
 * Cancellation as the runner does it: SIGINT, 7.5 s, SIGTERM, 2.5 s, kill. It refuses to outlive that:
 * tidying has 7 s, then the process ends.
 */

export type Tidy = () => Promise<void> | void
const TIDY_LIMIT_MS = 7_000
/** What the work itself still has time to say once everything is tidy. */
const LAST_WORDS_MS = 1_000
const EXIT_CODE = { SIGINT: 130, SIGTERM: 143 } as const

export interface Cancellation {
  /** Aborted at the first signal. */
  readonly signal: AbortSignal
  /** Registers work for the moment of cancellation; returns its removal. */
  onCancel(tidy: Tidy): () => void
}

export function listenForCancellation(log: (line: string) => void): Cancellation & { stop(): void } {
  const controller = new AbortController()
  const tidies = new Set<Tidy>()
  const ended = Promise.withResolvers<void>()
  const handle = async (name: keyof typeof EXIT_CODE) => {
    if (controller.signal.aborted) return
    log(`Received ${name}: the run was cancelled; tidying up.`)
    // Taken before the abort: an aborted wait may unregister its own tidying.
    const work = [...tidies].map(async (tidy) => tidy())
    controller.abort(new Error(`cancelled by ${name}`))
    let timer: NodeJS.Timeout | undefined
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, TIDY_LIMIT_MS)
    })
    const tidied = Promise.allSettled(work).then(async (results) => {
      await Promise.race([
        ended.promise,
        new Promise((resolve) => {
          setTimeout(resolve, LAST_WORDS_MS)
        }),
      ])
      return results
    })
    const results = await Promise.race([tidied, limit])
    clearTimeout(timer)
    for (const result of results ?? [])
      if (result.status === 'rejected')
        log(`Tidying up after the cancellation failed: ${(result.reason as Error)?.message ?? result.reason}`)
    process.exit(EXIT_CODE[name])
  }
  const onInt = () => void handle('SIGINT')
  const onTerm = () => void handle('SIGTERM')
  process.on('SIGINT', onInt)
  process.on('SIGTERM', onTerm)
  return {
    signal: controller.signal,
    onCancel: (tidy) => {
      tidies.add(tidy)
      return () => tidies.delete(tidy)
    },
    stop: () => {
      ended.resolve()
      process.off('SIGINT', onInt)
      process.off('SIGTERM', onTerm)
    },
  }
}
