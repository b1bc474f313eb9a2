/**
 * Type names in CAST, DECLARE and column lists: INT64, STRING(10), ARRAY<…>, STRUCT<… NOT NULL OPTIONS(…)>. Where
 * parameters and attributes mean something is said by who reads the type.
 */
import { invalid, unsupported } from '../refusal.ts'
import type { Cursor } from './cursor.ts'
import { parseOptions } from './ddl/options-parser.ts'
import type { StructFieldSyntax, TypeSyntax } from './syntax.ts'

export function parseType(cursor: Cursor): TypeSyntax {
  return cursor.nested(() => {
    const at = cursor.at
    if (cursor.acceptWord('ARRAY')) {
      cursor.expectSymbol('<')
      const element = parseType(cursor)
      cursor.expectCloser()
      return { kind: 'array', element, at }
    }
    if (cursor.acceptWord('STRUCT')) {
      cursor.expectSymbol('<')
      const fields: StructFieldSyntax[] = []
      if (!cursor.isSymbol('>') && !cursor.isSymbol('>>'))
        fields.push(...cursor.list(() => structField(cursor)))
      cursor.expectCloser()
      return { kind: 'struct', fields, at }
    }
    if (cursor.isWord('INTERVAL')) throw unsupported('Type INTERVAL', at)
    const name = cursor.name().toUpperCase()
    if (!cursor.acceptSymbol('(')) return { kind: 'name', name, at }
    const parameters = cursor.list(() => parameter(cursor))
    cursor.expectSymbol(')')
    return { kind: 'name', name, parameters, at }
  })
}

function parameter(cursor: Cursor): number {
  if (cursor.peek().kind !== 'integer') throw invalid('Type parameters must be positive integers', cursor.at)
  return Number(cursor.next().text)
}

function structField(cursor: Cursor): StructFieldSyntax {
  const isNamed =
    cursor.isName() && (cursor.isName(1) || cursor.isWord('ARRAY', 1) || cursor.isWord('STRUCT', 1))
  if (!isNamed) return { type: parseType(cursor) }
  const name = cursor.name()
  const type = parseType(cursor)
  if (cursor.isWord('COLLATE')) throw unsupported('Column attribute COLLATE', cursor.at)
  const isRequired = cursor.acceptWord('NOT NULL')
  const options = parseOptions(cursor)
  return { name, type, ...(isRequired ? { isRequired } : {}), ...(options.length > 0 ? { options } : {}) }
}
