/**
 * An end to the wait for a token, whoever makes it: Google's library reads keys, refresh tokens and metadata servers
 * itself, and waits for a silent one for ever. It refuses to let that look like a silent API.
 */
import type { AuthClient, gaxios } from 'google-auth-library'
import { GoogleApiError } from '../errors.ts'

/** More than the budget of our own token chain, whose account of what it tried comes first. */
const TOKEN_WAIT_MS = 130_000

export function endTokenWaits<C extends AuthClient>(client: C, waitMs = TOKEN_WAIT_MS): C {
  const makeHeaders = client.getRequestHeaders.bind(client)
  const request = client.request.bind(client)
  client.getRequestHeaders = async (url) => {
    let timer: NodeJS.Timeout | undefined
    const limit = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(silent(waitMs)), waitMs)
    })
    try {
      return await Promise.race([makeHeaders(url), limit])
    } finally {
      clearTimeout(timer)
    }
  }
  client.request = async <T>(options: gaxios.GaxiosOptions): Promise<gaxios.GaxiosResponse<T>> => {
    // What this makes is kept: the request itself asks for no other.
    await client.getRequestHeaders(options.url)
    return request<T>(options)
  }
  return client
}

function silent(waitMs: number): GoogleApiError {
  const asked = { method: 'oauth2.token', resource: 'the credentials of this job' }
  return new GoogleApiError(
    `${asked.method} on ${asked.resource}: no token came within ${Math.round(waitMs / 1000)} s.`,
    {
      ...asked,
      status: 0,
      reason: 'TIMEOUT',
      isRetryable: false,
      problem: 'no-answer',
      hint: 'The token service that the credentials file names is silent. If the network needs a proxy, set HTTPS_PROXY; otherwise run again.',
    },
  )
}
