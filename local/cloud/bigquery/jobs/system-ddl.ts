/** Writes tables back as GoogleSQL: types, options and the DDL text that INFORMATION_SCHEMA shows. */
import { legacyTypeName } from '../engine/data-types.ts'
import type { TableRecord } from '../engine/records.ts'
import type { FieldSchema } from '../sql/types.ts'

const sqlNames: Readonly<Record<string, string>> = { INTEGER: 'INT64', FLOAT: 'FLOAT64', BOOLEAN: 'BOOL' }

export function writeType(field: FieldSchema): string {
  const type = legacyTypeName(field.type)
  const base =
    type === 'RECORD'
      ? `STRUCT<${(field.fields ?? []).map((inner) => `${inner.name} ${writeType(inner)}`).join(', ')}>`
      : (sqlNames[type] ?? type)
  return field.mode === 'REPEATED' ? `ARRAY<${base}>` : base
}

export interface TableOption {
  readonly name: string
  readonly type: string
  readonly value: string
}

export function tableOptions(table: TableRecord): TableOption[] {
  const options: TableOption[] = []
  if (table.description !== undefined)
    options.push({ name: 'description', type: 'STRING', value: JSON.stringify(table.description) })
  if (table.friendlyName !== undefined)
    options.push({ name: 'friendly_name', type: 'STRING', value: JSON.stringify(table.friendlyName) })
  const labels = Object.entries(table.labels ?? {})
  if (labels.length > 0)
    options.push({
      name: 'labels',
      type: 'ARRAY<STRUCT<STRING, STRING>>',
      value: `[${labels.map(([key, value]) => `STRUCT(${JSON.stringify(key)}, ${JSON.stringify(value)})`).join(', ')}]`,
    })
  if (table.expirationMs !== undefined)
    options.push({
      name: 'expiration_timestamp',
      type: 'TIMESTAMP',
      value: `TIMESTAMP "${new Date(table.expirationMs).toISOString()}"`,
    })
  if (table.partitioning?.expirationMs)
    options.push({
      name: 'partition_expiration_days',
      type: 'FLOAT64',
      value: String(Number(table.partitioning.expirationMs) / 86_400_000),
    })
  if (table.requirePartitionFilter)
    options.push({ name: 'require_partition_filter', type: 'BOOL', value: 'true' })
  return options
}

export function writeDdl(table: TableRecord): string {
  const name = `\`${table.reference.projectId}.${table.reference.datasetId}.${table.reference.tableId}\``
  const options = tableOptions(table).map((option) => `  ${option.name}=${option.value}`)
  const tail = options.length > 0 ? `\nOPTIONS(\n${options.join(',\n')}\n)` : ''
  if (table.view) return `CREATE VIEW ${name}${tail}\nAS ${table.view.query};`
  const columns = table.schema.map((field) => {
    const about =
      field.description === undefined ? '' : ` OPTIONS(description=${JSON.stringify(field.description)})`
    return `  ${field.name} ${writeType(field)}${field.mode === 'REQUIRED' ? ' NOT NULL' : ''}${about}`
  })
  return `CREATE TABLE ${name}\n(\n${columns.join(',\n')}\n)${writePartitioning(table)}${table.clustering ? `\nCLUSTER BY ${table.clustering.join(', ')}` : ''}${tail};`
}

function writePartitioning(table: TableRecord): string {
  if (!table.partitioning) return ''
  const { field, type } = table.partitioning
  const column = legacyTypeName(table.schema.find((item) => item.name === field)?.type ?? '')
  if (column === 'DATE' && type === 'DAY') return `\nPARTITION BY ${field}`
  if (type === 'DAY') return `\nPARTITION BY DATE(${field})`
  return `\nPARTITION BY ${column}_TRUNC(${field}, ${type})`
}
