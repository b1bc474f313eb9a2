/**
 * One authorised JSON request to a Google API, with retries and translated errors. It refuses unencoded path
 * parts (build paths with `apiPath`), redirects, and answers that are not Google's.
 */
import type { AuthClient } from 'google-auth-library'
import { readAnswer } from './answer.ts'
import type { Api, Endpoints } from './endpoints.ts'
import { usualRetries, withRetries, type RetryRules } from './retry.ts'
import { translate, type Asked } from './translate.ts'

export interface GoogleCall extends Asked {
  readonly api: Api
  /** For Dataproc: the region, which is part of the host. */
  readonly region?: string
  readonly verb: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** From the host's root, e.g. `/v1/projects/p/…`; made with `apiPath`. */
  readonly path: string
  readonly query?: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON. */
  readonly json?: unknown
  /**
   * False when repeating could do the work twice. Default: true for GET, PUT, DELETE and PATCH, false for
   * POST.
   */
  readonly isRepeatable?: boolean
  readonly signal?: AbortSignal
  /** Of one try; 30 s unless the server is asked to wait longer. */
  readonly timeoutMs?: number
  /** The end of what this request is a part of; its own budget is a minute. */
  readonly deadlineMs?: number
}
/** Resolves to the parsed JSON answer; rejects with GoogleApiError only. */
export type GoogleRequest = <T = unknown>(call: GoogleCall) => Promise<T>

export function createRequest(edge: {
  client: AuthClient
  endpoints: Endpoints
  log: (line: string) => void
  mask: (secret: string) => void
  rules?: RetryRules
}): GoogleRequest {
  const rules = edge.rules ?? usualRetries
  return async <T>(call: GoogleCall): Promise<T> => {
    const url = new URL(`${edge.endpoints.root(call.api, call.region)}${call.path}`)
    for (const [name, value] of Object.entries(call.query ?? {})) {
      for (const item of Array.isArray(value) ? value : [value])
        if (item !== undefined) url.searchParams.append(name, String(item))
    }
    const asked = { method: call.method, resource: call.resource }
    return withRetries(
      asked,
      async ({ timeoutMs, signal }) => {
        try {
          const answer = await edge.client.request<string>({
            url: url.href,
            method: call.verb,
            headers: { ...call.headers },
            data: call.json,
            responseType: 'text',
            retry: false,
            timeout: timeoutMs,
            signal,
            // The auth client would follow a redirect with its token.
            redirect: 'manual',
          })
          return readAnswer<T>(
            { status: answer.status, text: answer.data ?? '' },
            asked,
            call.verb === 'DELETE' ? 'nothing-or-json' : 'json',
          )
        } catch (error) {
          throw translate(error, asked)
        }
      },
      {
        log: edge.log,
        // A silent token service must not look like a silent API.
        prepare: () =>
          maskToken(edge, url).catch((error: unknown) => {
            throw translate(error, asked)
          }),
        rules: call.timeoutMs === undefined ? rules : { ...rules, tryMs: call.timeoutMs },
        signal: call.signal,
        deadlineMs: call.deadlineMs,
        isRepeatable: call.isRepeatable ?? call.verb !== 'POST',
      },
    )
  }
}

async function maskToken(
  edge: { client: AuthClient; mask: (secret: string) => void },
  url: URL,
): Promise<void> {
  const headers = await edge.client.getRequestHeaders(url)
  const token = /^Bearer (.+)$/i.exec(headers.get('authorization') ?? '')?.[1]
  if (token) edge.mask(token)
}

/** Encodes every hole as one path segment: apiPath`/v1/projects/${project}/…`. */
export function apiPath(texts: TemplateStringsArray, ...holes: readonly string[]): string {
  return texts.reduce((path, text, index) => {
    const hole = holes[index - 1] ?? ''
    if (index > 0 && (hole === '' || hole === '.' || hole === '..'))
      throw new Error(`Building a request path: ${JSON.stringify(hole)} cannot be a path segment.`)
    return path + encodeURIComponent(hole) + text
  }, '')
}
