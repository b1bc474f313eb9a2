/**
 * One authorised JSON request to a Google API, with retries and translated errors. It refuses unencoded path
 * parts: build paths with `apiPath`.
 */
import type { AuthClient } from 'google-auth-library'
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
  readonly timeoutMs?: number
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
  return async <T>(call: GoogleCall): Promise<T> => {
    const url = new URL(`${edge.endpoints.root(call.api, call.region)}${call.path}`)
    for (const [name, value] of Object.entries(call.query ?? {})) {
      for (const item of Array.isArray(value) ? value : [value])
        if (item !== undefined) url.searchParams.append(name, String(item))
    }
    const isRepeatable = call.isRepeatable ?? call.verb !== 'POST'
    let retryAfterMs: number | undefined
    return withRetries(
      call.method,
      async () => {
        try {
          const headers = await edge.client.getRequestHeaders(url)
          const token = /^Bearer (.+)$/i.exec(headers.get('authorization') ?? '')?.[1]
          if (token) edge.mask(token)
          const answer = await edge.client.request<T>({
            url: url.href,
            method: call.verb,
            headers: { ...call.headers },
            data: call.json,
            responseType: 'json',
            retry: false,
            timeout: call.timeoutMs ?? 60_000,
            signal: call.signal,
            // The auth client would follow a redirect with its token.
            redirect: 'error',
          })
          return answer.data
        } catch (error) {
          const header = (
            error as { response?: { headers?: { get?: (name: string) => string | null } } }
          )?.response?.headers?.get?.('retry-after')
          retryAfterMs = header && /^\d{1,4}$/.test(header) ? Number(header) * 1000 : undefined
          throw translate(error, call)
        }
      },
      {
        log: edge.log,
        rules: isRepeatable ? (edge.rules ?? usualRetries) : { ...usualRetries, attempts: 1 },
        signal: call.signal,
        retryAfterMs: () => retryAfterMs,
      },
    )
  }
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
