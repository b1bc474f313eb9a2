/** Writes tables back as GoogleSQL: types, options and the DDL text that INFORMATION_SCHEMA shows. */
import { legacyTypeName } from '../engine/data-types.ts'
import { isByArrival, type RoutineRecord, type TableRecord } from '../engine/records.ts'
import type { FieldSchema } from '../sql/types.ts'

const sqlNames: Readonly<Record<string, string>> = { INTEGER: 'INT64', FLOAT: 'FLOAT64', BOOLEAN: 'BOOL' }

export function writeType(field: FieldSchema): string {
  const type = legacyTypeName(field.type)
  const base =
    type === 'RECORD'
      ? `STRUCT<${(field.fields ?? []).map((inner) => `${inner.name} ${writeType(inner)}`).join(', ')}>`
      : (sqlNames[type] ?? type) + limits(field)
  return field.mode === 'REPEATED' ? `ARRAY<${base}>` : base
}

function limits({ maxLength, precision, scale }: FieldSchema): string {
  if (maxLength !== undefined) return `(${maxLength})`
  if (precision === undefined) return ''
  return scale === undefined ? `(${precision})` : `(${precision}, ${scale})`
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
  if (table.isHistoryKept) options.push({ name: 'enable_change_history', type: 'BOOL', value: 'true' })
  if (table.isFineGrained)
    options.push({ name: 'enable_fine_grained_mutations', type: 'BOOL', value: 'true' })
  if (table.materialized) {
    const { enableRefresh, refreshIntervalMs, maxStaleness } = table.materialized
    options.push({ name: 'enable_refresh', type: 'BOOL', value: String(enableRefresh) })
    options.push({
      name: 'refresh_interval_minutes',
      type: 'FLOAT64',
      value: String(Number(refreshIntervalMs) / 60_000),
    })
    if (maxStaleness)
      options.push({
        name: 'max_staleness',
        type: 'INTERVAL',
        value: `INTERVAL "${maxStaleness}" YEAR TO SECOND`,
      })
  }
  if (table.requirePartitionFilter)
    options.push({ name: 'require_partition_filter', type: 'BOOL', value: 'true' })
  return options
}

export function writeDdl(table: TableRecord): string {
  const name = `\`${table.reference.projectId}.${table.reference.datasetId}.${table.reference.tableId}\``
  const options = tableOptions(table).map((option) => `  ${option.name}=${option.value}`)
  const tail = options.length > 0 ? `\nOPTIONS(\n${options.join(',\n')}\n)` : ''
  if (table.view)
    return `CREATE ${table.materialized ? 'MATERIALIZED ' : ''}VIEW ${name}${table.materialized ? writeOrder(table) : ''}${tail}\nAS ${table.view.query};`
  if (table.external) {
    const { sourceFormat, sourceUris } = table.external
    const list = table.schema.map((field) => `  ${field.name} ${writeType(field)}`).join(',\n')
    return `CREATE EXTERNAL TABLE ${name}\n(\n${list}\n)\nOPTIONS(\n  format="${String(sourceFormat)}",\n  uris=${JSON.stringify(sourceUris)}\n);`
  }
  const columns = table.schema.map((field) => {
    const about =
      field.description === undefined ? '' : ` OPTIONS(description=${JSON.stringify(field.description)})`
    const standard =
      field.defaultValueExpression === undefined ? '' : ` DEFAULT ${field.defaultValueExpression}`
    return `  ${field.name} ${writeType(field)}${standard}${field.mode === 'REQUIRED' ? ' NOT NULL' : ''}${about}`
  })
  columns.push(...writeKeys(table))
  return `CREATE TABLE ${name}\n(\n${columns.join(',\n')}\n)${writeOrder(table)}${tail};`
}

const writeOrder = (table: TableRecord): string =>
  `${writePartitioning(table)}${table.clustering ? `\nCLUSTER BY ${table.clustering.join(', ')}` : ''}`

export function writeRoutine({
  reference,
  kind,
  arguments: args,
  returns,
  returnsTable,
  body,
  isStrict,
}: RoutineRecord): string {
  const { projectId, datasetId, routineId } = reference
  const list = args
    .map(
      ({ name, field, mode }) => `${mode ? `${mode} ` : ''}${name} ${field ? writeType(field) : 'ANY TYPE'}`,
    )
    .join(', ')
  const path = `\`${projectId}.${datasetId}.${routineId}\``
  if (kind === 'PROCEDURE') {
    const options = isStrict === undefined ? '' : `\nOPTIONS(strict_mode=${isStrict})`
    return `CREATE PROCEDURE ${path}(${list})${options}\n${/^\s*BEGIN\b/i.test(body) ? body : `BEGIN\n${body}\nEND`};`
  }
  const columns = (returnsTable ?? []).map((field) => `${field.name} ${writeType(field)}`).join(', ')
  const result = returns ? ` RETURNS ${writeType(returns)}` : returnsTable ? ` RETURNS TABLE<${columns}>` : ''
  const head = `CREATE ${kind === 'SCALAR' ? '' : `${kind} `}FUNCTION ${path}(${list})${result}`
  return `${head} AS (\n${body}\n);`
}

function writeKeys({ constraints }: TableRecord): string[] {
  const foreign = (constraints?.foreignKeys ?? []).map(({ name, referencedTable: to, columnReferences }) => {
    const [own, other] = [
      columnReferences.map((pair) => pair.referencingColumn),
      columnReferences.map((pair) => pair.referencedColumn),
    ]
    return `  CONSTRAINT \`${name}\` FOREIGN KEY (${own.join(', ')}) REFERENCES \`${to.projectId}.${to.datasetId}.${to.tableId}\`(${other.join(', ')}) NOT ENFORCED`
  })
  const primary = constraints?.primaryKey
  return [...(primary ? [`  PRIMARY KEY (${primary.columns.join(', ')}) NOT ENFORCED`] : []), ...foreign]
}

function writePartitioning(table: TableRecord): string {
  if (table.range) {
    const { start, end, interval } = table.range.range
    return `\nPARTITION BY RANGE_BUCKET(${table.range.field}, GENERATE_ARRAY(${start}, ${end}, ${interval}))`
  }
  if (!table.partitioning) return ''
  const { field, type } = table.partitioning
  if (isByArrival(table))
    return type === 'DAY'
      ? '\nPARTITION BY _PARTITIONDATE'
      : `\nPARTITION BY TIMESTAMP_TRUNC(${field}, ${type})`
  const column = legacyTypeName(table.schema.find((item) => item.name === field)?.type ?? '')
  if (column === 'DATE' && type === 'DAY') return `\nPARTITION BY ${field}`
  if (type === 'DAY') return `\nPARTITION BY DATE(${field})`
  return `\nPARTITION BY ${column}_TRUNC(${field}, ${type})`
}
