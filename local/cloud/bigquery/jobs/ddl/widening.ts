/** Which type a column may become in place; https://cloud.google.com/bigquery/docs/managing-table-schemas#change_a_columns_data_type */
import { legacyTypeName } from '../../engine/data-types.ts'
import type { TableRecord } from '../../engine/records.ts'
import { invalidQuery } from '../../engine/refusals.ts'
import { isLonger } from '../../resources/schema-changes.ts'
import { boundTo } from '../../resources/table-keys.ts'
import type { FieldSchema } from '../../sql/types.ts'
import { writeType } from '../system-ddl.ts'

const wider: Readonly<Record<string, readonly string[]>> = {
  INTEGER: ['NUMERIC', 'BIGNUMERIC', 'FLOAT'],
  NUMERIC: ['BIGNUMERIC', 'FLOAT'],
  DATE: ['DATETIME', 'TIMESTAMP'],
}

export function checkWidening(table: TableRecord, before: FieldSchema, after: FieldSchema): void {
  const [was, is] = [legacyTypeName(before.type), legacyTypeName(after.type)]
  const bound = was === is ? undefined : boundTo(table, before.name)
  if (bound) throw invalidQuery(`Column ${before.name} ${bound}: its type cannot change.`)
  const isArray = before.mode === 'REPEATED' || after.mode === 'REPEATED'
  const isAllowed =
    was === is
      ? !before.fields && isLonger(before, after)
      : wider[was]?.includes(is) && !isArray && fits(before, after)
  if (!isAllowed)
    throw invalidQuery(
      `ALTER TABLE ALTER COLUMN SET DATA TYPE requires that the existing column type (${writeType(before)}) is assignable to the new type (${writeType(after)})`,
    )
}

/** INT64 has up to 19 digits. */
const fits = (before: FieldSchema, after: FieldSchema): boolean =>
  after.precision === undefined ||
  (before.type === 'INTEGER' && Number(after.precision) - Number(after.scale ?? 0) >= 19)
