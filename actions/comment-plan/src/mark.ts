/**
 * The hidden line by which a comment is found again: which environment, which run wrote it last, and the digests that
 * stood there for review. It is a name, not a proof; the comment's author is.
 */

type Run = Pick<Mark, 'runId' | 'runAttempt'>

export interface Mark {
  readonly environment: string
  readonly runId: string
  readonly runAttempt: string
  /** By the name of the plan, as they were reviewed: what an apply did later does not change them. */
  readonly digests: Readonly<Record<string, string>>
}

/** Hundreds of plans would leave no room for the comment itself. */
const LONGEST_DIGESTS = 8_000

const FORM = /^<!-- clickstream-plan (\{.*\}) -->\r?\n/

/** `--` and `>` would end the comment early; whom or what a name names is not called from in here. */
export function markOf(mark: Mark): string {
  const { environment, runId, runAttempt, digests } = mark
  const isShort = JSON.stringify(digests).length <= LONGEST_DIGESTS
  const json = JSON.stringify({ environment, runId, runAttempt, ...(isShort ? { digests } : {}) }).replace(
    /[<>@#-]/g,
    (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`,
  )
  return `<!-- clickstream-plan ${json} -->\n`
}

export function readMark(body: string): Mark | undefined {
  const text = FORM.exec(body)?.[1]
  if (text === undefined) return undefined
  try {
    const { environment, runId, runAttempt, digests } = JSON.parse(text) as Record<string, unknown>
    if (typeof environment !== 'string') return undefined
    return { environment, runId: String(runId), runAttempt: String(runAttempt), digests: digestsOf(digests) }
  } catch {
    return undefined
  }
}

const digestsOf = (value: unknown): Record<string, string> =>
  Object.fromEntries(
    Object.entries(value ?? {}).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string' && /^[0-9a-f]{64}$/.test(entry[1]),
    ),
  )

/** Runs are numbered in the order they begin; of two, the newer one knows the newer commit. */
export function isNewer(mark: Run, than: Run): boolean {
  const [a, b] = [mark, than].map(
    ({ runId, runAttempt }) => [Number(runId) || 0, Number(runAttempt) || 0] as const,
  )
  return a![0] > b![0] || (a![0] === b![0] && a![1] > b![1])
}
