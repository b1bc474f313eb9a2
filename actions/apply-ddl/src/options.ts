/** Reads OPTIONS of tables and columns; it refuses options that it could not compare with what is there. */
import type { Cursor } from '../../_shared/sql-cursor.ts'
import { readLabels, textOrNull } from '../../_shared/sql-labels.ts'

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
    name === 'description' ? textOrNull(cursor) : cursor.refuse(`the column option ${name} is not supported`),
  ).get('description')
}

/** The options that say what something is, of tables and datasets alike; undefined when `name` is none of them. */
export function readDescribing(
  cursor: Cursor,
  name: string,
): Pick<TableOptions, 'description' | 'friendlyName' | 'labels'> | undefined {
  switch (name) {
    case 'description':
      return { description: textOrNull(cursor) }
    case 'friendly_name':
      return { friendlyName: textOrNull(cursor) }
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
        if (cursor.accept('NULL')) return {}
        return {
          isFilterRequired:
            cursor.accept('TRUE') ||
            (cursor.accept('FALSE') ? false : cursor.refuse('require_partition_filter is TRUE or FALSE')),
        }
      case 'partition_expiration_days':
        if (cursor.accept('NULL')) return {}
        return { partitionExpirationMs: String(Math.round(cursor.number() * DAY_MS)) }
      case 'expiration_timestamp':
        if (cursor.accept('NULL')) return {}
        return cursor.refuse(
          'expiration_timestamp is not supported: a table that deletes itself is no state to keep',
        )
      default:
        return cursor.refuse(`the table option ${name} is not supported`)
    }
  })
  return Object.assign({}, ...parts.values()) as TableOptions
}
