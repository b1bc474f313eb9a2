/**
 * The hidden line by which a comment is found again: which environment, and which run wrote it last. It is a name,
 * not a proof; the comment's author is.
 */

export interface Mark {
  readonly environment: string
  readonly runId: string
  readonly runAttempt: string
}

const FORM = /^<!-- clickstream-plan (\{.*\}) -->\r?\n/

/** `--` and `>` would end the comment early. */
export function markOf(mark: Mark): string {
  const { environment, runId, runAttempt } = mark
  const json = JSON.stringify({ environment, runId, runAttempt }).replace(
    /[<>-]/g,
    (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`,
  )
  return `<!-- clickstream-plan ${json} -->\n`
}

export function readMark(body: string): Mark | undefined {
  const text = FORM.exec(body)?.[1]
  if (text === undefined) return undefined
  try {
    const { environment, runId, runAttempt } = JSON.parse(text) as Record<string, unknown>
    if (typeof environment !== 'string') return undefined
    return { environment, runId: String(runId), runAttempt: String(runAttempt) }
  } catch {
    return undefined
  }
}

/** Runs are numbered in the order they begin; of two, the newer one knows the newer commit. */
export function isNewer(mark: Mark, than: Mark): boolean {
  const [a, b] = [mark, than].map(
    ({ runId, runAttempt }) => [Number(runId) || 0, Number(runAttempt) || 0] as const,
  )
  return a![0] > b![0] || (a![0] === b![0] && a![1] > b![1])
}
