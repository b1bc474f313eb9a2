/** Reads OPTIONS of tables and columns; it refuses options that it could not compare with what is there. */
import type { Cursor } from '../../_shared/sql-cursor.ts'

/** What the statement names; what it does not name is nobody's wish. */
export interface TableOptions {
  readonly description?: string
  readonly friendlyName?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly isFilterRequired?: boolean
  readonly partitionExpirationMs?: string
}
export const DAY_MS = 86_400_000

/** name = value pairs in parentheses; each name once. */
export function readOptions<T>(cursor: Cursor, read: (name: string) => T): Map<string, T> {
  cursor.expect('(')
  const options = new Map<string, T>()
  do {
    if (cursor.next() === ')') break
    const name = cursor.name().toLowerCase()
    if (options.has(name)) cursor.refuse(`the option ${name} stands there twice`)
    cursor.expect('=')
    options.set(name, read(name))
  } while (cursor.accept(','))
  cursor.expect(')')
  return options
}

export function readColumnOptions(cursor: Cursor): string | undefined {
  return readOptions(cursor, (name) =>
    name === 'description' ? cursor.text() : cursor.refuse(`the column option ${name} is not supported`),
  ).get('description')
}

/** The options that say what something is, of tables and datasets alike; undefined when `name` is none of them. */
export function readDescribing(
  cursor: Cursor,
  name: string,
): Pick<TableOptions, 'description' | 'friendlyName' | 'labels'> | undefined {
  switch (name) {
    case 'description':
      return { description: cursor.text() }
    case 'friendly_name':
      return { friendlyName: cursor.text() }
    case 'labels':
      return { labels: readLabels(cursor) }
    default:
      return undefined
  }
}

export function readTableOptions(cursor: Cursor): TableOptions {
  const parts = readOptions(cursor, (name): TableOptions => {
    const describing = readDescribing(cursor, name)
    if (describing !== undefined) return describing
    switch (name) {
      case 'require_partition_filter':
        return {
          isFilterRequired:
            cursor.accept('TRUE') ||
            (cursor.accept('FALSE') ? false : cursor.refuse('require_partition_filter is TRUE or FALSE')),
        }
      case 'partition_expiration_days':
        return { partitionExpirationMs: String(Math.round(cursor.number() * DAY_MS)) }
      case 'expiration_timestamp':
        return cursor.refuse(
          'expiration_timestamp is not supported: a table that deletes itself is no state to keep',
        )
      default:
        return cursor.refuse(`the table option ${name} is not supported`)
    }
  })
  return Object.assign({}, ...parts.values()) as TableOptions
}

function readLabels(cursor: Cursor): Record<string, string> {
  cursor.expect('[')
  const pairs: [string, string][] = []
  do {
    if (cursor.next() === ']') break
    cursor.accept('STRUCT')
    cursor.expect('(')
    const key = cursor.text()
    cursor.expect(',')
    pairs.push([key, cursor.text()])
    cursor.expect(')')
  } while (cursor.accept(','))
  cursor.expect(']')
  const [bad] =
    pairs.find(
      ([key, value]) =>
        !/^[\p{Ll}\p{Lo}][\p{Ll}\p{Lo}\p{N}_-]{0,62}$/u.test(key) ||
        !/^[\p{Ll}\p{Lo}\p{N}_-]{0,63}$/u.test(value),
    ) ?? []
  if (bad !== undefined)
    cursor.refuse(
      `the label ${JSON.stringify(bad.slice(0, 63))} is none that BigQuery takes: lower-case letters, digits, "_" and "-", at most 63`,
    )
  return Object.fromEntries(pairs)
}
