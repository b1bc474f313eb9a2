/**
 * What a dry run of a query answers: everything is compiled and nothing runs. Of a script whose statements rest on
 * what others of it would make, only the grammar is checked.
 */
import {
  defineFunction,
  isTempFunction,
  openExecution,
  scopeOf,
  statistics,
  compile,
  type Execution,
} from './execution.ts'
import { isSingle } from './query-job.ts'
import type { ScriptNode } from '../sql/types.ts'
import type { Principal } from '../../kernel.ts'
import { resultSchema } from '../engine/data-types.ts'
import { present } from '../engine/request-body.ts'
import type { Room } from '../room.ts'
import type { Statement } from '../sql/types.ts'
import { checkBytesBilled, checkPartitionFilters, measureBytes } from './bytes-processed.ts'
import { dryAlter } from './ddl/alter.ts'
import { targetOf } from './catalog.ts'
import type { QueryConfig } from './query-config.ts'
import { dryCreate } from './ddl/create.ts'
import { dryGrant } from './ddl/grants.ts'
import { dryCreateExternal } from './ddl/external.ts'
import { checkCreateRoutine } from './ddl/routines.ts'
import { readExportOptions } from './export-data.ts'
import { declareVariables } from './script-variables.ts'

/** Control flow and temporary tables: what follows them is known when they have run. */
const isOpen = (node: ScriptNode): boolean =>
  node.kind !== 'statement' || (node.parsed.isTemp === true && !isTempFunction(node.parsed))

export async function dryRun(
  room: Room,
  config: QueryConfig,
  principal: Principal,
  location: string,
): Promise<Record<string, unknown>> {
  const nodes = room.compiler.parseProgram(config.query)
  const script = { query: { statementType: 'SCRIPT', cacheHit: false } }
  if (!isSingle(nodes) && nodes.some(isOpen)) return script
  const statements = nodes.map((node) => (node as ScriptNode & { kind: 'statement' }).parsed)
  return room.warehouse.whileReading(() =>
    room.warehouse.database.withSession(async (session) => {
      const execution = openExecution(room, config, principal, session, location)
      let found: Record<string, unknown> = {}
      for (const parsed of statements) {
        if (isTempFunction(parsed)) {
          await defineFunction(execution, parsed)
          continue
        }
        const statement = await compile(execution, parsed)
        if (parsed.type === 'DECLARE' || parsed.type === 'SET') {
          declareVariables(execution.variables, parsed, statement)
          continue
        }
        if (statement.type.startsWith('ALTER_') && statement.type !== 'ALTER_SCHEMA')
          dryAlter(scopeOf(execution), statement)
        if (statement.exporting) readExportOptions(statement)
        if (statement.grant) dryGrant(scopeOf(execution), statement)
        if (statement.routine) checkCreateRoutine(scopeOf(execution), statement)
        else if (statement.type === 'CREATE_EXTERNAL_TABLE') dryCreateExternal(scopeOf(execution), statement)
        else if (statement.type.startsWith('CREATE_') && statement.type !== 'CREATE_SCHEMA')
          dryCreate(scopeOf(execution), statement)
        checkPartitionFilters(room, statement)
        const bytes = await measureBytes(room, session, statement)
        checkBytesBilled(bytes, config.maximumBytesBilled)
        found = statistics(statement, bytes, dryDetails(execution, statement))
      }
      return isSingle(nodes) ? found : script
    }),
  )
}

function dryDetails(execution: Execution, statement: Statement): Record<string, unknown> {
  const isDdl =
    /^(CREATE|DROP|ALTER)_/.test(statement.type) && !/_(SCHEMA|FUNCTION|PROCEDURE)$/.test(statement.type)
  const target = isDdl ? targetOf(scopeOf(execution), statement.target) : undefined
  const schema =
    statement.schema && statement.schema.length > 0 ? { fields: resultSchema(statement.schema) } : undefined
  return present({ schema, ddlTargetTable: target, totalBytesProcessedAccuracy: 'PRECISE' })
}
