/**
 * TO_JSON_STRING of any value, type by type, as
 * https://cloud.google.com/bigquery/docs/reference/standard-sql/json_functions#json_encodings says; it refuses
 * a STRUCT field without a name.
 */
import { unsupported, type Position } from '../refusal.ts'
import { floatText } from '../values/cast.ts'
import { anonymousField, duckdbType, type GType } from '../values/gtype.ts'
import { normalPartSql } from '../values/normal-json.ts'
import { raised } from '../values/raised.ts'
import { datetimeText, utcDatetime } from '../values/temporal.ts'
import { once, quoteText } from '../values/value.ts'

const quoted = (text: string): string => `('"' || ${text} || '"')`
const clock = (datetime: string): string =>
  once([datetime], ([x]) => `replace(${datetimeText(x!)}, ' ', 'T')`)
/** Beyond 2^53 a number would lose digits in many readers: BigQuery writes it as text. */
const WIDE = '9007199254740992'

const integer = (x: string): string =>
  `CASE WHEN ${x} BETWEEN -${WIDE} AND ${WIDE} THEN CAST(${x} AS VARCHAR) ELSE ${quoted(`CAST(${x} AS VARCHAR)`)} END`
const digits = (x: string): string => `regexp_replace(CAST(${x} AS VARCHAR), '\\.?0+$', '')`
const numeric = (x: string): string =>
  `CASE WHEN ${x} BETWEEN -${WIDE} AND ${WIDE} AND ${x} = round(${x}, 0) THEN ${digits(x)} ELSE ${quoted(digits(x))} END`
/** In a JSON value it is a number: an integer of 64 bits, or what a FLOAT64 gives back. */
function numericOfValue(x: string, isStringified: boolean): string {
  const whole = `WHEN ${x} = round(${x}, 0) AND ${x} BETWEEN -9223372036854775808 AND 18446744073709551615 THEN ${isStringified ? numeric(x) : digits(x)}`
  const float = `WHEN ${x} <> round(${x}, 0) AND TRY_CAST(CAST(CAST(${x} AS DOUBLE) AS VARCHAR) AS DECIMAL(38,9)) = ${x} THEN ${digits(x)}`
  const wide = `WHEN ${x} = round(${x}, 0) THEN ${raised("'A NUMERIC beyond 64 bits in a JSON value is not supported by the local BigQuery'")}`
  return `CASE ${whole} ${float} ${wide} ELSE ${isStringified ? quoted(digits(x)) : raised("'Failed to convert type NUMERIC to JSON'")} END`
}

/** Of TO_JSON_STRING; of a JSON value, where all numbers are numbers; of one with wide numbers as text. */
export type JsonForm = 'text' | 'value' | 'stringified'

/** JSON text of `sql`, never NULL. */
export function jsonText(sql: string, type: GType, at: Position, depth = 0, form: JsonForm = 'text'): string {
  return once(
    [sql],
    ([x]) => `CASE WHEN ${x} IS NULL THEN 'null' ELSE ${present(x!, type, at, depth, form)} END`,
  )
}

function present(x: string, type: GType, at: Position, depth: number, form: JsonForm): string {
  if (type.kind === 'array') {
    const item = `json_item_${depth}`
    return `('[' || array_to_string(list_transform(${x}, lambda ${item}: ${jsonText(item, type.element, at, depth + 1, form)}), ',') || ']')`
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
        form,
      )
      return `${quoteText(`${JSON.stringify(field.name)}:`)} || ${value}`
    })
    return `('{' || ${members.join(" || ',' || ")} || '}')`
  }
  switch (type.name) {
    case 'INT64':
      return form === 'value' ? `CAST(${x} AS VARCHAR)` : integer(x)
    case 'NUMERIC':
      return form === 'text' ? numeric(x) : numericOfValue(x, form === 'stringified')
    case 'FLOAT64': {
      const number = floatText(x, '')
      // It stays a FLOAT64 where it has the look of an INT64 beyond 2^53.
      const finite =
        form !== 'text'
          ? `CASE WHEN abs(${x}) >= 1e15 AND abs(${x}) < 1e17 THEN printf('%.1f', ${x}) ELSE ${number} END`
          : number
      return `CASE WHEN isnan(${x}) THEN '"NaN"' WHEN isinf(${x}) THEN CASE WHEN ${x} > 0 THEN '"Infinity"' ELSE '"-Infinity"' END ELSE ${finite} END`
    }
    case 'BOOL':
      return `CASE WHEN ${x} THEN 'true' ELSE 'false' END`
    case 'STRING':
      return `CAST(to_json(${x}) AS VARCHAR)`
    case 'BYTES':
      return quoted(`to_base64(${x})`)
    case 'JSON':
      return `CAST(${normalPartSql(x)} AS VARCHAR)`
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
