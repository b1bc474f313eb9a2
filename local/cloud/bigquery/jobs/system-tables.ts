/**
 * INFORMATION_SCHEMA and __TABLES__ for one statement, from the caller's point of view: only what he may see
 * is in them.
 */
import type { CloudError } from '../../kernel.ts'
import { duckdbType } from '../engine/data-types.ts'
import { quoteName, quoteText } from '../engine/names.ts'
import { datasetNotFound, invalidQuery } from '../engine/refusals.ts'
import type { DatasetRecord } from '../engine/records.ts'
import type { FieldSchema, Resolved } from '../sql/types.ts'
import type { Row, SystemView } from './system-rows.ts'
import { projectViews, datasetViews } from './system-views.ts'
import type { CatalogScope } from './scope.ts'

const marker = 'INFORMATION_SCHEMA'

export function isSystemName(parts: readonly string[]): boolean {
  return parts.some((part) => part.toUpperCase() === marker) || parts.at(-1)?.toUpperCase() === '__TABLES__'
}

interface SystemName {
  readonly project: string
  readonly datasetId?: string
  readonly region?: string
  readonly view: string
}

function readName(scope: CatalogScope, parts: readonly string[]): SystemName {
  const isTables = parts.at(-1)?.toUpperCase() === '__TABLES__'
  const at = isTables ? parts.length - 1 : parts.findIndex((part) => part.toUpperCase() === marker)
  const view = isTables ? '__TABLES__' : (parts[at + 1] ?? '').toUpperCase()
  if (!isTables && parts.length !== at + 2) throw invalidQuery(`Invalid table name: \`${parts.join('.')}\``)
  const before = parts.slice(0, at)
  const project = before.length === 2 ? before[0]! : scope.room.environment.project
  const qualifier = before.at(-1)
  const region = qualifier && /^region-/i.test(qualifier) ? qualifier.slice(7) : undefined
  if (before.length > 2) throw invalidQuery(`Invalid table name: \`${parts.join('.')}\``)
  const datasetId = region === undefined ? (qualifier ?? scope.defaultDataset?.datasetId) : undefined
  return {
    project,
    view,
    ...(datasetId === undefined ? {} : { datasetId }),
    ...(region === undefined ? {} : { region }),
  }
}

export async function resolveSystemTable(scope: CatalogScope, parts: readonly string[]): Promise<Resolved> {
  const name = readName(scope, parts)
  const shown = parts.join('.')
  if (name.project !== scope.room.environment.project) throw notThere(shown)
  const datasets = visibleDatasets(scope, name)
  const definition = projectViews[name.view] ?? datasetViews[name.view]
  if (!definition)
    throw invalidQuery(
      `${shown} is not supported by the local BigQuery. Supported: ${[...Object.keys(projectViews), ...Object.keys(datasetViews)].join(', ')}.`,
    )
  if (datasetViews[name.view] && name.datasetId === undefined && name.region === undefined)
    throw invalidQuery(`Table ${shown} must be qualified with a dataset or a region.`)
  if (name.view === 'OBJECT_PRIVILEGES' && name.region === undefined)
    throw invalidQuery(`Table ${shown} must be qualified with a region (e.g. \`region-us\`).`)
  const rows = await definition.rows(scope, datasets)
  const relation = await materialise(scope, definition, rows)
  return {
    kind: 'system',
    relation,
    schema: definition.columns,
    reference: {
      projectId: name.project,
      datasetId: name.datasetId ?? `region-${name.region ?? scope.location}`,
      tableId: name.view === '__TABLES__' ? '__TABLES__' : `${marker}.${name.view}`,
    },
  }
}

const notThere = (shown: string): CloudError => invalidQuery(`Not found: ${shown}`)

function visibleDatasets(scope: CatalogScope, name: SystemName): DatasetRecord[] {
  const { room, principal } = scope
  if (name.datasetId !== undefined) {
    const dataset = room.warehouse.dataset(name.datasetId)
    if (!dataset || dataset.location.toLowerCase() !== scope.location.toLowerCase())
      throw datasetNotFound(name.project, name.datasetId, scope.location)
    room.authority.requireOnDataset(principal, 'bigquery.tables.list', name.datasetId)
    return [dataset]
  }
  const region = name.region ?? scope.location
  return [...room.warehouse.datasets.values()].filter(
    (dataset) =>
      dataset.location.toLowerCase() === region.toLowerCase() &&
      room.authority.mayOnDataset(principal, 'bigquery.datasets.get', dataset.datasetId),
  )
}

async function materialise(
  scope: CatalogScope,
  view: SystemView,
  rows: readonly (readonly unknown[])[],
): Promise<string> {
  const relation = quoteName(`system_${systemCount++}`)
  await scope.session.run(
    `CREATE TEMP TABLE ${relation} (${view.columns.map((field) => `${quoteName(field.name)} ${duckdbType(field)}`).join(', ')})`,
  )
  for (let from = 0; from < rows.length; from += 500) {
    const chunk = rows
      .slice(from, from + 500)
      .map((row) => `(${row.map((value, index) => literal(value, view.columns[index]!)).join(', ')})`)
    await scope.session.run(`INSERT INTO ${relation} VALUES ${chunk.join(', ')}`)
  }
  return `"temp"."main".${relation}`
}
let systemCount = 0

function literal(value: unknown, field: FieldSchema): string {
  if (value === undefined || value === null) return 'NULL'
  if (field.mode === 'REPEATED') {
    const element = { ...field, mode: 'NULLABLE' }
    return `CAST([${(value as readonly unknown[]).map((one) => literal(one, element)).join(', ')}] AS ${duckdbType(field)})`
  }
  if (field.fields) {
    const parts = field.fields.map(
      (inner, i) => `${quoteName(inner.name)} := ${literal((value as Row)[i], inner)}`,
    )
    return `CAST(struct_pack(${parts.join(', ')}) AS ${duckdbType(field)})`
  }
  if (field.type === 'TIMESTAMP') return `make_timestamptz(${Math.round(Number(value))}000)`
  if (typeof value === 'number' || typeof value === 'bigint') return String(value)
  if (typeof value === 'boolean') return value ? 'TRUE' : 'FALSE'
  return quoteText(String(value).replaceAll('\0', ''))
}
