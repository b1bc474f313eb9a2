/** A value as the format elements %t and %T of FORMAT print it: for reading, and as a literal. It never prints NULL as NULL. */
import { unsupported, type Position } from '../refusal.ts'
import { castSql } from '../values/cast.ts'
import { STRING, typeName, type GType } from '../values/gtype.ts'
import { once, quoteText } from '../values/value.ts'

/** Literals of these types carry their name. */
const NAMED = ['DATE', 'DATETIME', 'TIME', 'TIMESTAMP']

/** DuckDB text of type VARCHAR, 'NULL' for NULL. */
export function printed(sql: string, type: GType, isLiteral: boolean, at: Position): string {
  return once([sql], ([x]) => `CASE WHEN ${x} IS NULL THEN 'NULL' ELSE ${known(x!, type, isLiteral, at)} END`)
}

function known(x: string, type: GType, isLiteral: boolean, at: Position): string {
  if (type.kind === 'array')
    return `concat('[', array_to_string(list_transform(${x}, lambda item: ${printed('item', type.element, isLiteral, at)}), ', '), ']')`
  if (type.kind === 'struct') {
    const fields = type.fields.map((field) =>
      printed(`struct_extract(${x}, ${quoteText(field.name)})`, field.type, isLiteral, at),
    )
    return `concat('(', ${fields.join(", ', ', ")}, ')')`
  }
  switch (type.name) {
    case 'STRING':
      return isLiteral ? `own_quoted_literal(${x})` : x
    case 'FLOAT64': {
      const text = castSql(x, type, STRING, { isSafe: false, at })
      const number = `CASE WHEN regexp_full_match(${text}, '-?[0-9]+') THEN concat(${text}, '.0') ELSE ${text} END`
      return isLiteral
        ? `CASE WHEN isfinite(${x}) THEN ${number} ELSE concat('CAST("', ${text}, '" AS FLOAT64)') END`
        : number
    }
    case 'INT64':
    case 'BOOL':
    case 'DATE':
    case 'DATETIME':
    case 'TIME':
    case 'TIMESTAMP': {
      const text = castSql(x, type, STRING, { isSafe: false, at })
      return isLiteral && NAMED.includes(type.name) ? `concat('${type.name} "', ${text}, '"')` : text
    }
    case 'INTERVAL': {
      const text = castSql(x, type, STRING, { isSafe: false, at })
      return isLiteral ? `concat('INTERVAL "', ${text}, '" YEAR TO SECOND')` : text
    }
    default:
      throw unsupported(`FORMAT of ${typeName(type)}`, at)
  }
}
