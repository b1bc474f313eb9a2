/**
 * Judges whether an answer is the API's: JSON where JSON belongs, nothing where nothing belongs. It refuses a
 * web page, half a document or silence as success.
 */
import { GoogleApiError } from '../errors.ts'
import { titleOf, type Asked } from './translate.ts'

export interface RawAnswer {
  readonly status: number
  readonly text: string
}
/** What the method promises: a JSON object, or (as many deletes) nothing with 204 or a JSON object. */
export type Promised = 'json' | 'nothing-or-json'

export function readAnswer<T>(answer: RawAnswer, asked: Asked, promised: Promised = 'json'): T {
  const { status, text } = answer
  if (promised === 'nothing-or-json' && status === 204 && text === '') return {} as T
  if (text.trim() === '') throw strange(asked, status, 'it is empty where the API answers JSON', true)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    const isJsonBegun = /^\s*[{[]/.test(text)
    throw isJsonBegun
      ? strange(asked, status, `its JSON ends after ${text.length} characters, unfinished`, true)
      : strange(asked, status, `it is ${describePage(text)} where the API answers JSON`, false)
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw strange(asked, status, 'it is JSON, but not an object', false)
  return value as T
}

/** The error of an answer that somebody else gave in Google's place. */
export function notGoogles(
  asked: Asked,
  status: number,
  what: string,
  { isRetryable, hint }: { readonly isRetryable: boolean; readonly hint?: string },
): GoogleApiError {
  return new GoogleApiError(
    `${titleOf(asked)}: the answer (${status}) is not ${asked.method === 'oidc.token' ? "GitHub's" : "Google's"}: ${what}; is a proxy in between?`,
    { ...asked, status, reason: 'notGoogle', isRetryable, problem: 'not-google', hint },
  )
}

function strange(asked: Asked, status: number, what: string, isRetryable: boolean): GoogleApiError {
  return notGoogles(asked, status, what, {
    isRetryable,
    hint: 'Nothing is known to have been done. Check HTTPS_PROXY, NO_PROXY and CLOUDSDK_API_ENDPOINT_OVERRIDES_… of this job, and whether the network asks for a sign-in.',
  })
}

/** By its kind and size alone: a page of a sign-in may hold anything. */
function describePage(text: string): string {
  return `${/<(!doctype|html|head|body)\b/i.test(text) ? 'a web page' : 'text'} of ${text.length} characters`
}
