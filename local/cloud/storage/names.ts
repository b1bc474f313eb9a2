/**
 * Which bucket and object names Google accepts, and the order objects are listed in; it never turns a name
 * into a path.
 */
import { CloudError } from '../kernel.ts'

const bucketPattern = /^[a-z0-9][a-z0-9_.-]{1,220}[a-z0-9]$/

/**
 * https://cloud.google.com/storage/docs/objects#naming: 1–1024 bytes of UTF-8, no CR or LF, not `.` or `..`,
 * not under `.well-known/acme-challenge/`.
 */
export function requireObjectName(name: string): string {
  const bytes = Buffer.byteLength(name)
  if (name === '') throw new CloudError(400, 'required', 'Required parameter: name', { location: 'name' })
  if (!name.isWellFormed()) throw invalidName('Disallowed unicode characters present in object name.')
  if (bytes > 1024) throw invalidName(`The specified object name is longer than 1024 bytes: ${bytes}.`)
  if (/[\r\n]/.test(name))
    throw invalidName(`Disallowed unicode characters present in object name '${printable(name)}'`)
  if (name === '.' || name === '..') throw invalidName(`Invalid object name '${name}'.`)
  if (name.startsWith('.well-known/acme-challenge/'))
    throw invalidName("Object names may not start with '.well-known/acme-challenge/'.")
  return name
}

export function requireBucketName(name: string): string {
  const isValid =
    bucketPattern.test(name) &&
    name.split('.').every((part) => part.length > 0 && part.length <= 63) &&
    !/^\d+(\.\d+){3}$/.test(name) &&
    !name.startsWith('goog') &&
    !/google/.test(name)
  if (!isValid)
    throw new CloudError(400, 'invalid', `Invalid bucket name: '${printable(name).slice(0, 100)}'`)
  return name
}

/** Order of the UTF-8 bytes, which differs from JavaScript's order where surrogates meet U+E000–U+FFFF. */
export function compareNames(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let index = 0; index < length; index++) {
    const left = a.charCodeAt(index)
    const right = b.charCodeAt(index)
    if (left === right) continue
    return rank(left) - rank(right)
  }
  return a.length - b.length
}

/** Position of the first name that is not before `name`. */
export function lowerBound(names: readonly string[], name: string): number {
  let low = 0
  let high = names.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compareNames(names[middle]!, name) < 0) low = middle + 1
    else high = middle
  }
  return low
}

/** Position after the last name that starts with `prefix`. */
export function afterPrefix(names: readonly string[], prefix: string, from: number): number {
  let low = from
  let high = names.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const name = names[middle]!
    if (name.startsWith(prefix) || compareNames(name, prefix) < 0) low = middle + 1
    else high = middle
  }
  return low
}

function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit
}

function invalidName(message: string): CloudError {
  return new CloudError(400, 'invalid', message)
}

function printable(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}
