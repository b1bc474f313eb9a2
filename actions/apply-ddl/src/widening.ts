/**
 * Which type a column may become in place, by ALTER COLUMN … SET DATA TYPE; it refuses whatever BigQuery does not
 * list. https://docs.cloud.google.com/bigquery/docs/reference/standard-sql/data-definition-language#alter_column_set_data_type_statement
 */
import type { Column } from '../../_shared/dataset.ts'

const WIDER: Readonly<Record<string, readonly string[]>> = {
  INTEGER: ['NUMERIC', 'BIGNUMERIC', 'FLOAT'],
  NUMERIC: ['BIGNUMERIC', 'FLOAT'],
  BIGNUMERIC: ['FLOAT'],
}

export function isWider(from: Column, to: Column): boolean {
  if (from.mode === 'REPEATED' || to.mode === 'REPEATED') return false
  const limits = [to.maxLength, to.precision, to.scale]
  if (from.type !== to.type)
    return WIDER[from.type]?.includes(to.type) === true && limits.every((limit) => limit === undefined)
  if (from.type === 'STRING' || from.type === 'BYTES')
    return (
      from.maxLength !== undefined &&
      (to.maxLength === undefined || Number(to.maxLength) > Number(from.maxLength))
    )
  if (from.precision === undefined) return false
  if (to.precision === undefined) return true
  const [was, is] = [from, to].map(({ precision, scale }) => ({
    whole: Number(precision) - Number(scale ?? 0),
    scale: Number(scale ?? 0),
  }))
  return is!.whole >= was!.whole && is!.scale >= was!.scale
}
