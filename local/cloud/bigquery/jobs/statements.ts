/**
 * Runs one compiled statement: SELECT into a result table, DML in one transaction; DDL and LOAD DATA go to
 * their own rooms.
 */
import { createHash, randomUUID } from 'node:crypto'
import { resultSchema, storedSchema } from '../engine/data-types.ts'
import type { Session } from '../engine/database.ts'
import { showTable, tableKey } from '../engine/names.ts'
import { physicalOf, relationOf } from '../engine/records.ts'
import { invalidQuery, queryDenied, unsupported } from '../engine/refusals.ts'
import { Change, unchanged } from '../engine/warehouse.ts'
import { createPhysical, planTable, touch } from '../resources/new-table.ts'
import { readClustering, readPartitioning } from '../resources/table-fields.ts'
import type { Statement } from '../sql/types.ts'
import { targetOf } from './catalog.ts'
import { runDdl } from './ddl/run.ts'
import { runExportData } from './export-data.ts'
import { runLoadData } from './load-data.ts'
import { writeTable } from './table-writer.ts'
import type { StatementResult, StatementScope } from './scope.ts'

export function runStatement(scope: StatementScope, statement: Statement): Promise<StatementResult> {
  switch (statement.type) {
    case 'SELECT':
      return scope.config.destination ? selectInto(scope, statement) : selectAnonymous(scope, statement)
    case 'ASSERT':
      return runAssert(scope, statement)
    case 'INSERT':
    case 'UPDATE':
    case 'DELETE':
    case 'MERGE':
    case 'TRUNCATE_TABLE':
      return runDml(scope, statement)
    case 'LOAD_DATA':
      if (scope.session.holding) throw invalidQuery('LOAD DATA is not allowed in a transaction')
      return runLoadData(scope, statement)
    case 'EXPORT_DATA':
      if (scope.session.holding) throw invalidQuery('EXPORT DATA is not allowed in a transaction')
      return runExportData(scope, statement)
    case 'SCRIPT':
      throw unsupported('A nested script')
    default:
      return runDdl(scope, statement)
  }
}

const resultLifetimeMs = 86_400_000

/** Every SELECT without a destination leaves a table that only its caller can read, for a day. */
async function selectAnonymous(scope: StatementScope, statement: Statement): Promise<StatementResult> {
  const { room, session, principal } = scope
  const schema = resultSchema(statement.schema ?? [])
  const datasetId = `_${createHash('sha1').update(principal.member).digest('hex')}`
  const reference = {
    projectId: room.environment.project,
    datasetId,
    tableId: `anon${randomUUID().replaceAll('-', '')}`,
  }
  const planned = planTable(room, {
    reference,
    schema,
    dataset: { location: scope.location },
    ownerMember: principal.member,
    fields: {},
  })
  // From its own creation: the clock may tick in between.
  const table = { ...planned, expirationMs: planned.creationMs + resultLifetimeMs }
  let outcome: StatementResult | undefined
  await session.inTransaction(async () => {
    await createPhysical(session, table)
    const rows = await runAll(session, statement.duckdb, (last) =>
      session.run(`INSERT INTO ${physicalOf(table)} ${last}`),
    )
    outcome = {
      query: {},
      destination: reference,
      result: { table: reference, schema, totalRows: String(rows) },
    }
    const change = new Change()
    change.putTable(table)
    scope.conclude(change, outcome)
    await room.warehouse.commit(change, session)
  })
  return outcome!
}

async function runAll(
  session: Session,
  statements: readonly string[],
  runLast: (sql: string) => Promise<number>,
): Promise<number> {
  for (const sql of statements.slice(0, -1)) await session.run(sql)
  const last = statements.at(-1)
  if (last === undefined) throw new Error('a compiled SELECT has no DuckDB statement')
  return runLast(last)
}

async function selectInto(scope: StatementScope, first: Statement): Promise<StatementResult> {
  const { room, session, config } = scope
  const destination = config.destination!
  return room.warehouse.lock([tableKey(destination.reference)], async () => {
    const statement = await fresh(scope, first)
    const schema = storedSchema(statement.schema ?? [])
    const partitioning = readPartitioning(config.timePartitioning, schema)
    const clustering = readClustering(config.clustering, schema)
    let outcome: StatementResult | undefined
    await session.inTransaction(async () => {
      const written = await runSelectInto(scope, statement, { partitioning, clustering })
      outcome = {
        query: {},
        destination: destination.reference,
        result: { table: destination.reference, schema, totalRows: String(written.rows) },
      }
      scope.conclude(written.change, outcome)
      await room.warehouse.commit(written.change, session)
    })
    return outcome!
  })
}

async function runSelectInto(
  scope: StatementScope,
  statement: Statement,
  fields: Parameters<typeof writeTable>[0]['fields'],
) {
  const { room, session, principal, config } = scope
  for (const sql of statement.duckdb.slice(0, -1)) await session.run(sql)
  return writeTable({
    room,
    session,
    principal,
    target: config.destination!.reference,
    ...(config.destination!.partitionId === undefined
      ? {}
      : { partitionId: config.destination!.partitionId }),
    source: statement.duckdb.at(-1)!,
    schema: storedSchema(statement.schema ?? []),
    writeDisposition: config.writeDisposition,
    createDisposition: config.createDisposition,
    fields: fields ?? {},
    schemaUpdateOptions: config.schemaUpdateOptions,
  })
}

async function runAssert({ session }: StatementScope, statement: Statement): Promise<StatementResult> {
  for (const sql of statement.duckdb) await session.run(sql)
  return { query: {}, result: { totalRows: '0' } }
}

/** The statement as it must be now that nobody else can change its target. */
async function fresh(scope: StatementScope, statement: Statement): Promise<Statement> {
  return (await scope.recompile()) ?? statement
}

async function runDml(scope: StatementScope, first: Statement): Promise<StatementResult> {
  const { room, session, principal } = scope
  const target = targetOf(scope, first.target)
  return room.warehouse.lock([tableKey(target)], async () => {
    const statement = await fresh(scope, first)
    room.authority.requireOnTable(principal, 'bigquery.tables.updateData', target)
    const table = room.warehouse.table(target, room.now())
    if (!table) throw queryDenied(target)
    if (table.external) throw invalidQuery(`Cannot modify external table ${showTable(target)}.`)
    if (table.kind === 'VIEW') throw invalidQuery(`Cannot modify view ${showTable(target)}.`)
    if (table.base?.kind === 'SNAPSHOT') throw invalidQuery(`Cannot modify snapshot ${showTable(target)}.`)
    let outcome: StatementResult | undefined
    await session.inTransaction(async () => {
      const counts = await runDmlStatements(session, statement, relationOf(table.physical!))
      const affected = counts.total
      outcome = {
        query: { numDmlAffectedRows: String(affected), ...(counts.parts ? { dmlStats: counts.parts } : {}) },
        destination: target,
        result: { totalRows: '0', schema: [], numDmlAffectedRows: String(affected) },
      }
      const change = new Change()
      change.putTable(touch(table, room.now()))
      change.verify.push(unchanged(room.warehouse, target, table))
      scope.conclude(change, outcome)
      await room.warehouse.commit(change, session)
    })
    return outcome!
  })
}

interface DmlCounts {
  readonly total: number
  readonly parts?: Readonly<Record<string, string>>
}

/**
 * DuckDB counts INSERT, UPDATE, DELETE; for MERGE it knows only the sum, which the growth of the table splits
 * unless rows were also deleted.
 */
async function runDmlStatements(
  session: Session,
  statement: Statement,
  relation: string,
): Promise<DmlCounts> {
  const counts = { INSERT: 0, UPDATE: 0, DELETE: 0 }
  let isExact = true
  for (const sql of statement.duckdb) {
    const verb = /^\s*(INSERT|UPDATE|DELETE|MERGE)\b/i.exec(sql)?.[1]?.toUpperCase()
    if (verb === undefined || !sql.includes(relation)) await session.run(sql)
    else if (verb !== 'MERGE') counts[verb as keyof typeof counts] += await session.run(sql)
    else {
      const before = await countRows(session, relation)
      const total = await session.run(sql)
      const grown = (await countRows(session, relation)) - before
      if (/\bTHEN\s+DELETE\b/i.test(sql)) isExact = false
      counts.INSERT += isExact ? grown : total
      counts.UPDATE += isExact ? total - grown : 0
    }
  }
  const total = counts.INSERT + counts.UPDATE + counts.DELETE
  if (!isExact) return { total }
  return {
    total,
    parts: {
      insertedRowCount: String(counts.INSERT),
      updatedRowCount: String(counts.UPDATE),
      deletedRowCount: String(counts.DELETE),
    },
  }
}

const countRows = async (session: Session, relation: string): Promise<number> =>
  Number((await session.rows(`SELECT count(*) FROM ${relation}`))[0]![0])
