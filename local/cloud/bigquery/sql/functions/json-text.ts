/**
 * TO_JSON_STRING of any value, type by type, as
 * https://cloud.google.com/bigquery/docs/reference/standard-sql/json_functions#json_encodings says; it refuses
 * a STRUCT field without a name.
 */
import { unsupported, type Position } from '../refusal.ts'
import { floatText } from '../values/cast.ts'
import { anonymousField, duckdbType, type GType } from '../values/gtype.ts'
import { datetimeText, utcDatetime } from '../values/temporal.ts'
import { once, quoteText } from '../values/value.ts'

const quoted = (text: string): string => `('"' || ${text} || '"')`
const clock = (datetime: string): string =>
  once([datetime], ([x]) => `replace(${datetimeText(x!)}, ' ', 'T')`)
/** Beyond 2^53 a number would lose digits in many readers: BigQuery writes it as text. */
const WIDE = '9007199254740992'

/** JSON text of `sql`, never NULL; `wide` writes numbers that JSON's readers would lose digits of. */
export function jsonText(sql: string, type: GType, at: Position, depth = 0, wide = quoted): string {
  return once(
    [sql],
    ([x]) => `CASE WHEN ${x} IS NULL THEN 'null' ELSE ${present(x!, type, at, depth, wide)} END`,
  )
}

function present(x: string, type: GType, at: Position, depth: number, wide: typeof quoted): string {
  if (type.kind === 'array') {
    const item = `json_item_${depth}`
    return `('[' || array_to_string(list_transform(${x}, lambda ${item}: ${jsonText(item, type.element, at, depth + 1, wide)}), ',') || ']')`
  }
  if (type.kind === 'struct') {
    const members = type.fields.map((field, i) => {
      if (field.name === anonymousField(i))
        throw unsupported('TO_JSON_STRING of a STRUCT with an unnamed field', at)
      const value = jsonText(
        `struct_extract(${x}, ${quoteText(field.name)})`,
        field.type,
        at,
        depth + 1,
        wide,
      )
      return `${quoteText(`${JSON.stringify(field.name)}:`)} || ${value}`
    })
    return `('{' || ${members.join(" || ',' || ")} || '}')`
  }
  switch (type.name) {
    case 'INT64':
      return `CASE WHEN ${x} BETWEEN -${WIDE} AND ${WIDE} THEN CAST(${x} AS VARCHAR) ELSE ${wide(`CAST(${x} AS VARCHAR)`)} END`
    case 'NUMERIC':
      return `CASE WHEN ${x} BETWEEN -${WIDE} AND ${WIDE} AND ${x} = round(${x}, 0) THEN regexp_replace(CAST(${x} AS VARCHAR), '\\.?0+$', '') ELSE ${wide(`regexp_replace(CAST(${x} AS VARCHAR), '\\.?0+$', '')`)} END`
    case 'FLOAT64':
      return `CASE WHEN isnan(${x}) THEN '"NaN"' WHEN isinf(${x}) THEN CASE WHEN ${x} > 0 THEN '"Infinity"' ELSE '"-Infinity"' END ELSE ${floatText(x, '')} END`
    case 'BOOL':
      return `CASE WHEN ${x} THEN 'true' ELSE 'false' END`
    case 'STRING':
      return `CAST(to_json(${x}) AS VARCHAR)`
    case 'BYTES':
      return quoted(`to_base64(${x})`)
    case 'JSON':
      return `CAST(json(${x}) AS VARCHAR)`
    case 'DATE':
      return quoted(`strftime(${x}, '%Y-%m-%d')`)
    case 'DATETIME':
      return quoted(clock(x))
    case 'TIMESTAMP':
      return quoted(`${clock(utcDatetime(x))} || 'Z'`)
    case 'TIME':
      return quoted(`substr(${datetimeText(`(DATE '1970-01-01' + ${x})`)}, 12)`)
    default:
      throw unsupported(`TO_JSON_STRING of ${duckdbType(type)}`, at)
  }
}
