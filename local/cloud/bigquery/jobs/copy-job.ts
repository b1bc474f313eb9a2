/**
 * The work of a copy job: whole tables or one partition, in one transaction; snapshots, clones and restores
 * are refused.
 */
import { quoteName, showTable, tableKey } from '../engine/names.ts'
import { partitionPredicate, withoutDecorator } from '../engine/partitions.ts'
import { isByArrival, physicalOf, type TableRecord } from '../engine/records.ts'
import {
  datasetNotFound,
  invalid,
  required,
  tableDenied,
  tableNotFound,
  unsupported,
} from '../engine/refusals.ts'
import { isRecord, present, record, refuseAsked, text, type Body } from '../engine/request-body.ts'
import type { Room } from '../room.ts'
import type { TableReference } from '../sql/types.ts'
import type { JobWork, Outcome } from './job-desk.ts'
import {
  readDisposition,
  readTableReference,
  type CreateDisposition,
  type WriteDisposition,
} from './query-config.ts'
import { writeTable } from './table-writer.ts'

interface Place {
  readonly reference: TableReference
  readonly partitionId?: string
}
export interface CopyConfig {
  readonly sources: readonly Place[]
  readonly destination: Place
  readonly writeDisposition: WriteDisposition
  readonly createDisposition: CreateDisposition
  readonly shown: Record<string, unknown>
}

export function readCopyConfig(room: Room, given: Body): CopyConfig {
  refuseAsked(
    given,
    ['destinationEncryptionConfiguration', 'destinationExpirationTime'],
    'configuration.copy',
  )
  const operation = text(given, 'operationType')
  if (operation && operation !== 'COPY' && operation !== 'OPERATION_TYPE_UNSPECIFIED')
    throw unsupported(`A copy job with operationType ${operation}`)
  const list = Array.isArray(given.sourceTables)
    ? given.sourceTables
    : given.sourceTable
      ? [given.sourceTable]
      : []
  if (list.length === 0 || !list.every(isRecord)) throw required('configuration.copy.sourceTables')
  const destination = record(given, 'destinationTable')
  if (!destination) throw required('configuration.copy.destinationTable')
  return {
    sources: list.map((item) => withoutDecorator(readTableReference(room, item as Body))),
    destination: withoutDecorator(readTableReference(room, destination)),
    writeDisposition: readDisposition(
      given,
      'writeDisposition',
      ['WRITE_EMPTY', 'WRITE_APPEND', 'WRITE_TRUNCATE'],
      'WRITE_EMPTY',
    ),
    createDisposition: readDisposition(
      given,
      'createDisposition',
      ['CREATE_IF_NEEDED', 'CREATE_NEVER'],
      'CREATE_IF_NEEDED',
    ),
    shown: present(
      Object.fromEntries(
        [
          'sourceTable',
          'sourceTables',
          'destinationTable',
          'createDisposition',
          'writeDisposition',
          'operationType',
        ].map((name) => [name, given[name] ?? undefined]),
      ),
    ),
  }
}

export function copyWork(room: Room, config: CopyConfig): JobWork {
  return async ({ session, principal, job, conclude }) =>
    room.warehouse.lock([tableKey(config.destination.reference)], async () => {
      const tables = config.sources.map(({ reference }): TableRecord => {
        if (!room.warehouse.tables.has(tableKey(reference)) && !room.warehouse.dataset(reference.datasetId))
          throw datasetNotFound(reference.projectId, reference.datasetId)
        if (!room.authority.mayOnTable(principal, 'bigquery.tables.getData', reference))
          throw tableDenied(reference, 'bigquery.tables.getData')
        const table = room.warehouse.table(reference, room.now())
        if (!table) throw tableNotFound(reference)
        if (table.kind !== 'TABLE')
          throw invalid(
            `Using table ${showTable(reference)} as a copy source is not supported: it is a ${table.kind}.`,
          )
        return table
      })
      const first = tables[0]!
      const shape = (table: TableRecord): string =>
        JSON.stringify(
          table.schema.map((field) => [field.name.toLowerCase(), field.type, field.mode === 'REPEATED']),
        )
      // Its rows would arrive anew.
      const byArrival = tables.find(isByArrival)
      if (byArrival)
        throw unsupported(`A copy of ${showTable(byArrival.reference)}, which is partitioned by arrival,`)
      for (const table of tables)
        if (shape(table) !== shape(first))
          throw invalid(
            `Schemas of ${showTable(first.reference)} and ${showTable(table.reference)} do not match.`,
          )
      const selects = tables.map((table, index) => {
        const id = config.sources[index]!.partitionId
        return `SELECT ${first.schema.map((field) => quoteName(field.name)).join(', ')} FROM ${physicalOf(table)}${id === undefined ? '' : ` WHERE ${partitionPredicate(table, id)}`}`
      })
      let outcome: Outcome | undefined
      await session.inTransaction(async () => {
        const written = await writeTable({
          room,
          principal,
          session,
          target: config.destination.reference,
          ...(config.destination.partitionId === undefined
            ? {}
            : { partitionId: config.destination.partitionId }),
          source: selects.join(' UNION ALL '),
          schema: first.schema,
          writeDisposition: config.writeDisposition,
          createDisposition: config.createDisposition,
          fields: {
            partitioning: first.partitioning,
            range: first.range,
            clustering: first.clustering,
            description: first.description,
            labels: first.labels,
          },
        })
        outcome = {
          configuration: job.configuration,
          statistics: { copy: { copiedRows: String(written.rows) } },
        }
        conclude(written.change, outcome)
        await room.warehouse.commit(written.change, session)
      })
      return outcome!
    })
}
