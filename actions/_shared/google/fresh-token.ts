/**
 * A token may be withdrawn or too old before its time: whoever is refused for that asks once for a fresh one and
 * tries again. It refuses a third try, and to tell a silent network as the cause of what was a refusal.
 */
import type { AuthClient, gaxios } from 'google-auth-library'
import { Readable } from 'node:stream'
import { GoogleApiError } from '../errors.ts'
import type { Asked } from './translate.ts'

export interface FreshTry {
  /** No time is left, or the run was cancelled. */
  readonly isOver: () => boolean
  readonly log: (line: string) => void
  /** Makes the fresh token; absent where every try makes one by itself. */
  readonly renew?: () => Promise<unknown>
}

/** @param isRefused whether a fresh token could be answered otherwise */
export async function onceFresh<T>(
  asked: Asked,
  ask: () => Promise<T>,
  isRefused: (error: GoogleApiError) => boolean,
  { isOver, log, renew }: FreshTry,
): Promise<T> {
  try {
    return await ask()
  } catch (first) {
    if (!(first instanceof GoogleApiError) || !isRefused(first) || isOver()) throw first
    log(`${asked.method}: ${first.status} ${first.reason}; once more with a fresh token.`)
    try {
      await renew?.()
      return await ask()
    } catch (second) {
      throw second instanceof GoogleApiError && second.status === 0 ? first : second
    }
  }
}

/** STS calls a token that is too old, too new or half read a bad grant; a condition that says no has another word. */
export function isTokenRefused({ status, reason, problem }: GoogleApiError): boolean {
  return (
    problem !== 'not-google' &&
    (reason === 'invalid_grant' || (status === 401 && reason !== 'unauthorized_client'))
  )
}

/** The same for everything that asks through a client of Google's auth library, whose own way asks again for 403. */
export function renewRefusedTokens<C extends AuthClient>(client: C): C {
  const request = client.request.bind(client)
  client.request = async <T>(options: gaxios.GaxiosOptions): Promise<gaxios.GaxiosResponse<T>> => {
    const used = client.credentials.access_token
    try {
      return await request<T>(options)
    } catch (error) {
      const status = (error as { response?: { status?: number } }).response?.status
      if (status !== 401 || options.data instanceof Readable) throw error
      // Of those who were refused at the same time one renews it for all.
      if (client.credentials.access_token === used)
        client.setCredentials({ ...client.credentials, expiry_date: 1 })
      return request<T>(options)
    }
  }
  return client
}
