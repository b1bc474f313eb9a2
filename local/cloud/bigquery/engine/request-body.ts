/** Reads untyped JSON from clients: each getter checks the type and names the field it refuses. */
import { createHash } from 'node:crypto'
import { invalid, required, unsupported } from './refusals.ts'

export type Body = Readonly<Record<string, unknown>>

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export function record(body: Body, name: string): Body | undefined {
  const value = body[name]
  if (value === undefined || value === null) return undefined
  if (!isRecord(value)) throw invalid(`Invalid value at '${name}': an object is expected.`)
  return value
}

export function text(body: Body, name: string): string | undefined {
  const value = body[name]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'string') throw invalid(`Invalid value at '${name}': a string is expected.`)
  return value
}

export function requiredText(body: Body, name: string): string {
  const value = text(body, name)
  if (value === undefined || value === '') throw required(name)
  return value
}

export function flag(body: Body, name: string): boolean | undefined {
  const value = body[name]
  if (value === undefined || value === null) return undefined
  if (value === 'true' || value === 'false') return value === 'true'
  if (typeof value !== 'boolean') throw invalid(`Invalid value at '${name}': a boolean is expected.`)
  return value
}

/** int64 travels as a string or as a number. */
export function count(body: Body, name: string): number | undefined {
  const value = body[name]
  if (value === undefined || value === null || value === '') return undefined
  const number =
    typeof value === 'number'
      ? value
      : typeof value === 'string' && /^-?\d+$/.test(value)
        ? Number(value)
        : Number.NaN
  if (!Number.isSafeInteger(number)) throw invalid(`Invalid value at '${name}': an integer is expected.`)
  if (number < 0) throw invalid(`Invalid value at '${name}': an integer that is not negative is expected.`)
  return number
}

export function texts(body: Body, name: string): string[] | undefined {
  const value = body[name]
  if (value === undefined || value === null) return undefined
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string'))
    throw invalid(`Invalid value at '${name}': a list of strings is expected.`)
  return value
}

/** Labels as Google checks them; null removes a label in a patch. */
export function parseLabels(
  value: unknown,
  before: Readonly<Record<string, string>> = {},
): Record<string, string> {
  if (value === undefined || value === null) return {}
  if (!isRecord(value)) throw invalid("Invalid value at 'labels': an object is expected.")
  const labels: Record<string, string> = { ...before }
  for (const [key, label] of Object.entries(value)) {
    if (!/^\p{L}[\p{L}\p{N}_-]{0,62}$/u.test(key) || key !== key.toLowerCase())
      throw invalid(`Invalid label key "${key}".`)
    if (label === null) delete labels[key]
    else if (
      typeof label !== 'string' ||
      !/^[\p{L}\p{N}_-]{0,63}$/u.test(label) ||
      label !== label.toLowerCase()
    )
      throw invalid(`Invalid label value of "${key}".`)
    else labels[key] = label
  }
  if (Object.keys(labels).length > 64) throw invalid('Too many labels: at most 64.')
  return labels
}

const NOTHING = ['""', 'false', '"false"', '0', '"0"', '{}', '[]']

/**
 * What would change an answer and is not done is refused by name; what stands for "not set" passes, and a value that
 * is `done` anyway.
 */
export function refuseAsked(
  body: Body,
  names: readonly string[],
  prefix: string,
  done: Readonly<Record<string, readonly unknown[]>> = {},
): void {
  for (const name of names) {
    const value = body[name]
    if (value === undefined || value === null) continue
    const text = JSON.stringify(value)
    const isNothing = NOTHING.includes(text) || /_UNSPECIFIED"$/.test(text)
    if (!isNothing && !done[name]?.some((one) => JSON.stringify(one) === text))
      throw unsupported(`${prefix}.${name}`)
  }
}

export const makeEtag = (uid: string, version: number): string =>
  createHash('sha256').update(`${uid}/${version}`).digest('base64').slice(0, 24)

/** Drops what is not there, so that answers carry only fields that mean something. */
export function present<T extends Record<string, unknown>>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as Partial<T>
}

/** Pages over a sorted list by position; the token is opaque to clients. */
export function page<T>(
  items: readonly T[],
  query: URLSearchParams,
  defaultSize = 50,
): { items: readonly T[]; nextPageToken?: string } {
  const size = Math.min(Math.max(Number(query.get('maxResults') ?? defaultSize) || defaultSize, 1), 1000)
  const from = readPageToken(query.get('pageToken'))
  const next = from + size
  return {
    items: items.slice(from, next),
    ...(next < items.length ? { nextPageToken: writePageToken(next) } : {}),
  }
}

export const writePageToken = (position: number): string =>
  Buffer.from(`at:${position}`).toString('base64url')
export function readPageToken(token: string | null | undefined): number {
  if (!token) return 0
  const match = /^at:(\d{1,15})$/.exec(Buffer.from(token, 'base64url').toString())
  if (!match) throw invalid('Invalid page token.')
  return Number(match[1])
}

/** Python's client writes `True`; Google takes either spelling. */
export function isSet(flag: string | null): boolean {
  return flag?.toLowerCase() === 'true'
}
