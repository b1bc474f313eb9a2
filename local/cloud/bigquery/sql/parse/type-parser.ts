/**
 * Type names in CAST, DECLARE and column lists: INT64, ARRAY<…>, STRUCT<…>; parameters such as STRING(10) are
 * refused.
 */
import { unsupported } from '../refusal.ts'
import type { Cursor } from './cursor.ts'
import type { TypeSyntax } from './syntax.ts'

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
      const fields: { name?: string; type: TypeSyntax }[] = []
      if (!cursor.isSymbol('>') && !cursor.isSymbol('>>'))
        fields.push(...cursor.list(() => structField(cursor)))
      cursor.expectCloser()
      return { kind: 'struct', fields, at }
    }
    if (cursor.isWord('INTERVAL')) throw unsupported('Type INTERVAL', at)
    const name = cursor.name()
    if (cursor.isSymbol('(')) throw unsupported(`A parameterized type (${name.toUpperCase()}(…))`, at)
    return { kind: 'name', name: name.toUpperCase(), at }
  })
}

function structField(cursor: Cursor): { name?: string; type: TypeSyntax } {
  const isNamed =
    cursor.isName() && (cursor.isName(1) || cursor.isWord('ARRAY', 1) || cursor.isWord('STRUCT', 1))
  return isNamed ? { name: cursor.name(), type: parseType(cursor) } : { type: parseType(cursor) }
}
