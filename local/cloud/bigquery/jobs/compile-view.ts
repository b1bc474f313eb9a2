/**
 * Checks the query of a view for the one who writes it: it must compile, and he must be allowed to read what
 * it reads.
 */
import type { Principal } from '../../kernel.ts'
import { resultSchema } from '../engine/data-types.ts'
import { datasetDenied, invalid, invalidQuery } from '../engine/refusals.ts'
import type { Room } from '../room.ts'
import type { FieldSchema, TableReference } from '../sql/types.ts'
import { createCatalog } from './catalog.ts'

export async function compileView(
  room: Room,
  principal: Principal,
  query: string,
  location: string,
): Promise<readonly FieldSchema[]> {
  if (Buffer.byteLength(query) > 256 * 1024) throw invalid('The view query is too long: at most 256 KB.')
  const statements = room.compiler.parseScript(query)
  if (statements.length !== 1 || statements[0]!.type !== 'SELECT')
    throw invalidQuery('A view must be one SELECT statement.')
  return room.warehouse.whileReading(() =>
    room.warehouse.database.withSession(async (session) => {
      const statement = await room.compiler.compile(statements[0]!, {
        catalog: createCatalog({ room, principal, session, location }),
        variables: new Map(),
        parameters: [],
        describe: (sql) => session.describe(sql),
        email: principal.email,
        nowMicros: BigInt(room.now()) * 1000n,
      })
      return resultSchema(statement.schema ?? [])
    }),
  )
}

/**
 * Writing what an authorized view reads changes what the source gives away: BigQuery asks for datasets.update
 * there, for a new view too where its whole dataset is authorized. Deleting a view ends its authorization instead.
 * https://docs.cloud.google.com/bigquery/docs/authorized-datasets
 */
export function requireToWriteView(room: Room, principal: Principal, view: TableReference): void {
  for (const source of room.authority.authorizersOf(view)) {
    if (!room.authority.mayOnDataset(principal, 'bigquery.datasets.update', source.datasetId))
      throw datasetDenied(source.projectId, source.datasetId, 'bigquery.datasets.update')
  }
}
