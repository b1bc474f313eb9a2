/**
 * One page of a bucket: prefix, delimiter, offsets and page tokens over the sorted names. A token it did not
 * make is refused.
 */
import { CloudError } from '../kernel.ts'
import { afterPrefix, compareNames, lowerBound } from './names.ts'

export interface ListQuery {
  readonly prefix: string
  readonly delimiter: string
  readonly startOffset: string
  /** Exclusive; `undefined` is no end. */
  readonly endOffset?: string
  readonly isTrailingDelimiterIncluded: boolean
  readonly maxResults: number
  readonly after?: Position
}
export interface ListPage {
  readonly names: readonly string[]
  readonly prefixes: readonly string[]
  readonly next?: Position
}

/** The last entry already given; a prefix and the object of the same name are two entries. */
export interface Position {
  readonly kind: 'item' | 'prefix'
  readonly name: string
}

/** Items plus prefixes per page; Google uses the smaller of this and what is asked. */
const pageLimit = 1000

export function readListQuery(query: URLSearchParams): ListQuery {
  if (query.get('matchGlob')) throw unsupported('matchGlob')
  const token = query.get('pageToken')
  return {
    prefix: query.get('prefix') ?? '',
    delimiter: query.get('delimiter') ?? '',
    startOffset: query.get('startOffset') ?? '',
    endOffset: query.get('endOffset') || undefined,
    isTrailingDelimiterIncluded: isSet(query, 'includeTrailingDelimiter'),
    maxResults: readMaxResults(query),
    after: token ? readToken(token) : undefined,
  }
}

/** Python's client writes `True`; Google takes either spelling. */
function isSet(query: URLSearchParams, name: string): boolean {
  return query.get(name)?.toLowerCase() === 'true'
}

export function readMaxResults(query: URLSearchParams): number {
  const text = query.get('maxResults')
  if (text === null) return pageLimit
  if (!/^\d{1,10}$/.test(text) || Number(text) < 1)
    throw new CloudError(
      400,
      'invalidParameter',
      `Invalid value '${text.slice(0, 40)}' for parameter 'maxResults'.`,
      { location: 'maxResults' },
    )
  return Math.min(Number(text), pageLimit)
}

export function listPage(all: readonly string[], query: ListQuery): ListPage {
  const { prefix, delimiter, maxResults } = query
  const names: string[] = []
  const prefixes: string[] = []
  let last: Position | undefined
  let index = lowerBound(all, compareNames(prefix, query.startOffset) > 0 ? prefix : query.startOffset)
  if (query.after) index = Math.max(index, resume(all, query))
  while (index < all.length) {
    const name = all[index]!
    if (
      !name.startsWith(prefix) ||
      (query.endOffset !== undefined && compareNames(name, query.endOffset) >= 0)
    )
      return { names, prefixes }
    const cut = delimiter === '' ? -1 : name.indexOf(delimiter, prefix.length)
    const isFull = names.length + prefixes.length >= maxResults
    if (cut === -1) {
      if (isFull) return { names, prefixes, next: last }
      names.push(name)
      last = { kind: 'item', name }
      index++
      continue
    }
    const group = name.slice(0, cut + delimiter.length)
    const isGroupGiven = query.after?.kind === 'prefix' && query.after.name === group
    if (!isGroupGiven && prefixes.at(-1) !== group) {
      if (isFull) return { names, prefixes, next: last }
      prefixes.push(group)
      last = { kind: 'prefix', name: group }
    }
    if (query.isTrailingDelimiterIncluded && name === group) {
      if (names.length + prefixes.length >= maxResults) return { names, prefixes, next: last }
      names.push(name)
      last = { kind: 'item', name }
    }
    index = afterPrefix(all, group, index)
  }
  return { names, prefixes }
}

/** Index of the first name not yet covered by the position. */
function resume(all: readonly string[], query: ListQuery): number {
  const { kind, name } = query.after!
  const index = lowerBound(all, name)
  const isCollapsed = query.delimiter !== '' && name.indexOf(query.delimiter, query.prefix.length) !== -1
  if (kind === 'prefix')
    return query.isTrailingDelimiterIncluded && all[index] === name ? index : afterPrefix(all, name, index)
  if (isCollapsed) return afterPrefix(all, name, index)
  return all[index] === name ? index + 1 : index
}

export function writeToken(position: Position): string {
  return Buffer.from(`${position.kind === 'prefix' ? 'p' : 'i'}${position.name}`).toString('base64')
}

function readToken(token: string): Position {
  const text = Buffer.from(token, 'base64').toString('utf8')
  const kind = text[0]
  if ((kind !== 'p' && kind !== 'i') || text.length < 2)
    throw new CloudError(400, 'invalid', 'Invalid page token.', { location: 'pageToken' })
  return { kind: kind === 'p' ? 'prefix' : 'item', name: text.slice(1) }
}

function unsupported(name: string): CloudError {
  return new CloudError(
    501,
    'notImplemented',
    `The parameter '${name}' of objects.list is not implemented by the local cloud.`,
    { location: name },
  )
}
