/**
 * The HTTP of everything that carries a credential: one try, through the job's proxy. It refuses to follow
 * redirects, to repeat, and to log.
 */
import { gaxios } from 'google-auth-library'
import type { RawAnswer } from './answer.ts'
import type { Try } from './retry.ts'

/** No answer of these APIs is larger; a stranger's may be. */
const LONGEST_ANSWER = 64 * 1024 * 1024

/** One try of what the library asks by itself, a token; everything of ours names its own. */
const LIBRARY_TRY_MS = 30_000

/**
 * What every client of Google's is given. `manual` instead of `error`: a resumable upload answers 308, and
 * the target of a redirect is worth a word.
 */
export function openTransport(): gaxios.Gaxios {
  return new gaxios.Gaxios({ redirect: 'manual', maxContentLength: LONGEST_ANSWER, timeout: LIBRARY_TRY_MS })
}

export interface PlainCall {
  readonly verb: 'GET' | 'POST'
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly form?: Readonly<Record<string, string>>
  readonly json?: unknown
}

/** Rejects with the client's own error, for `translate`. */
export async function send(transport: gaxios.Gaxios, call: PlainCall, attempt: Try): Promise<RawAnswer> {
  const { status, data } = await transport.request<string>({
    url: call.url,
    method: call.verb,
    headers: { ...call.headers },
    data: call.form === undefined ? call.json : new URLSearchParams(call.form),
    responseType: 'text',
    redirect: 'manual',
    retry: false,
    timeout: attempt.timeoutMs,
    signal: attempt.signal,
  })
  return { status, text: data }
}
