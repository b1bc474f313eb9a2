/**
 * The error classes of the actions, one per kind of person who can fix it. It refuses codes outside the
 * closed union and never carries a token or a request body.
 */
import type { ProblemId } from './problems.ts'
import type { Annotation } from './report.ts'
import { looksSecret } from './secrets.ts'

export type ErrorCode = 'INPUT' | 'GOOGLE_API' | 'GITHUB_API' | 'CONFLICT' | 'REFUSED' | 'WORK_FAILED'

/** Where a failure of a class is explained when nothing finer is known. */
const GENERAL: Readonly<Record<ErrorCode, ProblemId>> = {
  INPUT: 'input',
  GOOGLE_API: 'google-api',
  GITHUB_API: 'github-api',
  CONFLICT: 'conflict',
  REFUSED: 'refused',
  WORK_FAILED: 'work-failed',
}

export interface ErrorDetails {
  /** What to do next, one sentence. */
  readonly hint?: string
  /** The entry of docs/troubleshooting.md; the class's general one when absent. */
  readonly problem?: ProblemId
  readonly cause?: unknown
}

/** Message form: `doing X: what happened; do Y`. */
export class ActionError extends Error {
  readonly code: ErrorCode
  readonly hint?: string
  readonly problem: ProblemId
  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = new.target.name
    this.code = code
    this.hint = details.hint
    this.problem = details.problem ?? GENERAL[code]
  }
}

/** The workflow's author can fix it: an input is missing, malformed or contradicts another. */
export class InputError extends ActionError {
  readonly input: string
  readonly given?: string
  readonly accepted?: string
  constructor(message: string, details: ErrorDetails & { input: string; given?: string; accepted?: string }) {
    super('INPUT', message, details)
    this.input = details.input
    this.given = details.given
    this.accepted = details.accepted
  }
}

/**
 * A given value as a sentence may show it; not what looks like a key: a part of one would escape the runner's mask,
 * which knows the whole only.
 */
export function shownValue(given: string, spell: (given: string) => string = (text) => text): string {
  if (looksSecret(given)) return `a text of ${given.length} characters that looks like a key or a token`
  return spell(given)
}

/** The same as the workflow's author wrote it, in quotes and not too long. */
export const quotedValue = (given: string): string =>
  shownValue(given, (text) => {
    const line = JSON.stringify(text)
    return line.length > 120 ? `${line.slice(0, 116)}…"` : line
  })

/** A given value that is not what its input takes, in the one form of that sentence. */
export function wrongValue(input: string, given: string, accepted: string): InputError {
  const shown = quotedValue(given)
  return new InputError(
    `Reading input ${input}: ${shown} is not ${accepted}; correct it in the step's "with".`,
    { input, given: shown, accepted },
  )
}

/**
 * Permissions, or Google: an API answered with an error, or did not answer. `status` is 0 when no answer
 * came.
 */
export class GoogleApiError extends ActionError {
  readonly status: number
  /** Google's own word: `notFound`, `PERMISSION_DENIED`, `invalid_grant`, or the connection's error code. */
  readonly reason: string
  /** What was asked, e.g. `storage.objects.insert`. */
  readonly method: string
  readonly resource: string
  readonly isRetryable: boolean
  /** The server's own wish (Retry-After), when it named one. */
  readonly retryAfterMs?: number
  constructor(
    message: string,
    details: ErrorDetails & {
      status: number
      reason: string
      method: string
      resource: string
      isRetryable: boolean
      retryAfterMs?: number
    },
  ) {
    super('GOOGLE_API', message, details)
    this.status = details.status
    this.reason = details.reason
    this.method = details.method
    this.resource = details.resource
    this.isRetryable = details.isRetryable
    this.retryAfterMs = details.retryAfterMs
  }
}

/** Not a quota, not a fault that passes. */
export const isRightMissing = (error: unknown): error is GoogleApiError =>
  error instanceof GoogleApiError && error.status === 403 && error.problem !== 'quota'

/** GitHub's own API refused, or did not answer. `status` is 0 when no answer came. */
export class GitHubApiError extends ActionError {
  readonly status: number
  constructor(message: string, details: ErrorDetails & { status: number }) {
    super('GITHUB_API', message, details)
    this.status = details.status
  }
}

/** The world moved after it was observed (or after the plan was reviewed): running again is right. */
export class ConflictError extends ActionError {
  readonly step: string
  readonly expected: string
  readonly found: string
  constructor(message: string, details: ErrorDetails & { step: string; expected: string; found: string }) {
    super('CONFLICT', message, details)
    this.step = details.step
    this.expected = details.expected
    this.found = details.found
  }
}

/** The author or an owner must decide: foreign ownership, something breaking, destructive or costly. */
export class RefusedError extends ActionError {
  readonly what: string
  /** The input (with value) that allows it, when one does. */
  readonly allowedBy?: string
  constructor(message: string, details: ErrorDetails & { what: string; allowedBy?: string }) {
    super('REFUSED', message, details)
    this.what = details.what
    this.allowedBy = details.allowedBy
  }
}

/** The user's own Spark job, dbt node, SQL or DAG failed. */
export class WorkFailedError extends ActionError {
  /** Where its log is. */
  readonly link?: string
  readonly lastLines: readonly string[]
  readonly annotations: readonly Annotation[]
  constructor(
    message: string,
    details: ErrorDetails & {
      link?: string
      lastLines?: readonly string[]
      annotations?: readonly Annotation[]
    } = {},
  ) {
    super('WORK_FAILED', message, details)
    this.link = details.link
    this.lastLines = details.lastLines ?? []
    this.annotations = details.annotations ?? []
  }
}

/** The run was cancelled from outside; `what` is what became of the work. */
export function cancelled(doing: string, what: string, details: { link?: string } = {}): WorkFailedError {
  return new WorkFailedError(`${doing}: the run was cancelled; ${what}.`, {
    ...details,
    problem: 'cancelled',
  })
}
