/** Which type a column may become in place; https://cloud.google.com/bigquery/docs/managing-table-schemas#change_a_columns_data_type */
import { legacyTypeName } from '../../engine/data-types.ts'
import type { TableRecord } from '../../engine/records.ts'
import { invalidQuery, unsupported } from '../../engine/refusals.ts'
import { isLonger } from '../../resources/schema-changes.ts'
import { boundTo } from '../../resources/table-keys.ts'
import type { FieldSchema } from '../../sql/types.ts'
import { writeType } from '../system-ddl.ts'

const wider: Readonly<Record<string, readonly string[]>> = {
  INTEGER: ['NUMERIC', 'BIGNUMERIC', 'FLOAT'],
  NUMERIC: ['BIGNUMERIC', 'FLOAT'],
  DATE: ['DATETIME', 'TIMESTAMP'],
}

/** The column as it becomes, with the descriptions it had. */
export function widened(table: TableRecord, before: FieldSchema, wanted: FieldSchema): FieldSchema {
  const [was, is] = [legacyTypeName(before.type), legacyTypeName(wanted.type)]
  const bound = was === is ? undefined : boundTo(table, before.name)
  if (bound) throw invalidQuery(`Column ${before.name} ${bound}: its type cannot change.`)
  const next = typed(before, wanted)
  if (!next)
    throw invalidQuery(
      `ALTER TABLE ALTER COLUMN SET DATA TYPE requires that the existing column type (${writeType(before)}) is assignable to the new type (${writeType(wanted)})`,
    )
  return next
}

const isArray = ({ mode }: FieldSchema): boolean => mode === 'REPEATED'

/** Undefined where the type does not fit. Fields of a STRUCT stay in their places, new ones follow them. */
function typed(before: FieldSchema, wanted: FieldSchema): FieldSchema | undefined {
  const [was, is] = [legacyTypeName(before.type), legacyTypeName(wanted.type)]
  const isAllowed =
    isArray(before) === isArray(wanted) &&
    (was === is
      ? isLonger(before, wanted)
      : wider[was]?.includes(is) && !isArray(before) && fits(before, wanted))
  if (!isAllowed) return undefined
  const { maxLength: _length, precision: _precision, scale: _scale, ...rest } = before
  const { name: _name, mode: _mode, description: _description, ...type } = wanted
  if (!before.fields) return { ...rest, ...type }
  const kept = before.fields.map((field, i) => {
    const other = wanted.fields?.[i]
    return other?.name.toLowerCase() === field.name.toLowerCase() ? typed(field, other) : undefined
  })
  const added = (wanted.fields ?? []).slice(before.fields.length)
  if (added.some(({ mode }) => mode === 'REQUIRED')) return undefined
  // Rows that are there would hold NULL where BigQuery has an empty array.
  if (added.some(isArray)) throw unsupported('Adding an ARRAY to the fields of a STRUCT')
  const fields = kept.filter((field) => field !== undefined)
  return fields.length < kept.length ? undefined : { ...rest, ...type, fields: [...fields, ...added] }
}

/** INT64 has up to 19 digits. */
const fits = (before: FieldSchema, after: FieldSchema): boolean =>
  after.precision === undefined ||
  (before.type === 'INTEGER' && Number(after.precision) - Number(after.scale ?? 0) >= 19)
