/** How one statement of a query job is compiled and run for its caller, and what its statistics say. */
import type { TableReference } from '../sql/types.ts'
import type { Principal } from '../../kernel.ts'
import type { Session } from '../engine/database.ts'
import type { Change } from '../engine/warehouse.ts'
import { invalidQuery, unsupported } from '../engine/refusals.ts'
import { present } from '../engine/request-body.ts'
import type { Room } from '../room.ts'
import type { CompileContext, ParsedStatement, RoutineBody, Statement } from '../sql/types.ts'
import { checkBytesBilled, checkPartitionFilters, measureBytes, type Bytes } from './bytes-processed.ts'
import { createCatalog } from './catalog.ts'
import type { QueryConfig } from './query-config.ts'
import { type Variables } from './script-variables.ts'
import type { KeptSession } from './sessions.ts'
import { runStatement } from './statements.ts'
import type { CatalogScope, StatementResult } from './scope.ts'

export interface Execution {
  readonly room: Room
  readonly config: QueryConfig
  readonly principal: Principal
  readonly session: Session
  readonly location: string
  readonly variables: Variables
  /** Which call of a procedure this is; 0 is the script itself. Names of two frames never meet. */
  readonly frame: number
  /** Temporary functions, by lower-case name. */
  readonly functions: Map<string, RoutineBody>
  /** What EXECUTE IMMEDIATE changes for its statement. */
  readonly own: { parameters: QueryConfig['parameters'] }
  /** Temporary tables, by lower-case name. */
  readonly temporary: Map<string, TableReference>
  readonly nowMicros: bigint
  /** The session it is a query of. */
  readonly kept?: KeptSession
}

export function openExecution(
  room: Room,
  config: QueryConfig,
  principal: Principal,
  session: Session,
  location: string,
): Execution {
  const { sessionId } = config
  const kept = sessionId === undefined ? undefined : room.sessions.find(room, sessionId, principal, location)
  return {
    ...{ room, config, principal, session, location },
    ...(kept ? { kept } : {}),
    variables: new Map(),
    frame: 0,
    functions: kept?.functions ?? new Map<string, RoutineBody>(),
    temporary: kept?.temporary ?? new Map<string, TableReference>(),
    own: { parameters: config.parameters },
    nowMicros: BigInt(room.now()) * 1000n,
  }
}

export const isTempFunction = ({ type, isTemp }: ParsedStatement): boolean =>
  (type === 'CREATE_FUNCTION' || type === 'CREATE_AGGREGATE_FUNCTION') && isTemp === true

export async function defineFunction(execution: Execution, parsed: ParsedStatement): Promise<void> {
  const { target, routine, header } = await compile(execution, parsed)
  const name = target!.join('.').toLowerCase()
  if (target!.length > 1) throw invalidQuery(`A temporary function cannot have a dataset: ${name}`)
  if (execution.functions.has(name) && !header?.orReplace)
    throw invalidQuery(`Already Exists: Routine ${name}`)
  execution.functions.set(name, routine!)
}

export function scopeOf({ room, principal, session, location, config, temporary }: Execution): CatalogScope {
  return {
    room,
    principal,
    session,
    location,
    temporary,
    ...(config.defaultDataset ? { defaultDataset: config.defaultDataset } : {}),
  }
}

export async function compile(execution: Execution, parsed: ParsedStatement): Promise<Statement> {
  const context: CompileContext = {
    catalog: createCatalog(scopeOf(execution)),
    variables: execution.variables,
    functions: execution.functions,
    parameters: execution.own.parameters,
    describe: (sql) => execution.session.describe(sql),
    email: execution.principal.email,
    nowMicros: execution.nowMicros,
  }
  const statement = await execution.room.compiler.compile(parsed, context)
  if (execution.session.held === 'failed' && statement.references.length > 0)
    throw unsupported('A table in a transaction after an error in it, before its ROLLBACK,')
  return statement
}

export async function runOne(
  execution: Execution,
  parsed: ParsedStatement,
  conclude: (change: Change, result: StatementResult, statement: Statement, bytes: Bytes | undefined) => void,
) {
  const { room, session, config } = execution
  let compiledAt = room.warehouse.revision
  let statement = await compile(execution, parsed)
  checkPartitionFilters(room, statement)
  const bytes = await measureBytes(room, session, statement)
  checkBytesBilled(bytes, config.maximumBytesBilled)
  const recompile = async (): Promise<Statement> => {
    if (compiledAt === room.warehouse.revision) return statement
    compiledAt = room.warehouse.revision
    statement = await compile(execution, parsed)
    return statement
  }
  const result = await runStatement(
    {
      ...scopeOf(execution),
      config,
      recompile,
      conclude: (change, done) => conclude(change, done, statement, bytes),
    },
    statement,
  )
  return { result, statement, bytes }
}

export function statistics(
  statement: Statement,
  bytes: Bytes | undefined,
  more: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const processed = bytes === undefined ? undefined : String(bytes.processed)
  return present({
    totalBytesProcessed: processed,
    query: present({
      statementType: statement.type,
      cacheHit: false,
      totalBytesProcessed: processed,
      totalBytesBilled: bytes === undefined ? undefined : String(bytes.billed),
      referencedTables: statement.references.length > 0 ? statement.references : undefined,
      ...more,
    }),
  })
}

export const sessionInfoOf = ({ kept }: Execution): Record<string, unknown> =>
  kept ? { sessionInfo: { sessionId: kept.id } } : {}
