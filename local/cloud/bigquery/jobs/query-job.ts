/** The work of a query job: one statement, or a script; bytes are measured first. */
import {
  defineFunction,
  isTempFunction,
  openExecution,
  runOne,
  sessionInfoOf,
  statistics,
  type Execution,
} from './execution.ts'
import { nameTemporary } from './script/temporary.ts'
import { runScript } from './script/run-script.ts'
import type { ScriptNode } from '../sql/types.ts'
import { invalidQuery, unsupported } from '../engine/refusals.ts'
import { present } from '../engine/request-body.ts'
import type { Room } from '../room.ts'
import type { ParsedStatement, Statement } from '../sql/types.ts'
import { type Bytes } from './bytes-processed.ts'
import type { JobRun, JobWork, Outcome } from './job-desk.ts'
import type { QueryConfig } from './query-config.ts'
import type { StatementResult } from './scope.ts'

/** A query with its own temporary functions before it is one query still. */
export const isSingle = (nodes: readonly ScriptNode[]): boolean =>
  nodes.every(
    (node, i) =>
      node.kind === 'statement' &&
      (i === nodes.length - 1 ? !isOnlyInScripts(node.parsed) : isTempFunction(node.parsed)),
  )

const isOnlyInScripts = (parsed: ParsedStatement): boolean =>
  parsed.type === 'DECLARE' || parsed.type === 'SET' || isTempFunction(parsed)

export interface QueryWork {
  readonly work: JobWork
  /** One SELECT whose rows go nowhere but to its caller: whether it ran at all makes no difference to anybody. */
  readonly isReadOnly: () => boolean
}

export function queryWork(room: Room, config: QueryConfig): QueryWork {
  let nodes: readonly ScriptNode[] | undefined
  const parse = (): readonly ScriptNode[] => (nodes ??= room.compiler.parseProgram(config.query))
  return { work: workOf(room, config, parse), isReadOnly: () => isReadOnly(config, parse) }
}

function isReadOnly(config: QueryConfig, parse: () => readonly ScriptNode[]): boolean {
  if (config.destination || config.createsSession || config.sessionId !== undefined) return false
  try {
    const nodes = parse()
    const last = nodes.at(-1)
    return isSingle(nodes) && last?.kind === 'statement' && last.parsed.type === 'SELECT'
  } catch {
    return false
  }
}

function workOf(room: Room, config: QueryConfig, parse: () => readonly ScriptNode[]): JobWork {
  return async (run) => {
    const nodes = parse()
    const { principal } = run
    const { location } = run.job
    if (config.createsSession) {
      const opened = room.sessions.open(room, principal, location)
      return runNodes(room, { ...config, sessionId: opened.id }, nodes, run).catch(async (error: unknown) => {
        await room.sessions.close(room, opened)
        throw error
      })
    }
    if (config.sessionId === undefined) return runNodes(room, config, nodes, run)
    const kept = room.sessions.find(room, config.sessionId, principal, location)
    return room.sessions.inTurn(kept, () => runNodes(room, config, nodes, run))
  }
}

async function runNodes(
  room: Room,
  config: QueryConfig,
  nodes: readonly ScriptNode[],
  run: JobRun,
): Promise<Outcome> {
  const execution = openExecution(room, config, run.principal, run.session, run.job.location)
  if (execution.kept && nodes.some((node) => node.kind === 'statement' && node.parsed.type === 'DECLARE'))
    throw unsupported('A variable of a session (DECLARE outside of BEGIN … END)')
  if (!isSingle(nodes)) return runScript(execution, nodes, run)
  const statements = nodes.map((node) => (node as ScriptNode & { kind: 'statement' }).parsed)
  for (const parsed of statements.slice(0, -1)) await defineFunction(execution, parsed)
  const last = statements.at(-1)!
  if (last.isTemp && !execution.kept)
    throw invalidQuery('Use of CREATE TEMPORARY TABLE requires a script or session')
  if (last.isTemp) await nameTemporary(execution, run.job, last)
  return runSingle(execution, last, run)
}

async function runSingle(execution: Execution, parsed: ParsedStatement, run: JobRun): Promise<Outcome> {
  const outcomeOf = (result: StatementResult, statement: Statement, bytes: Bytes | undefined): Outcome => ({
    statistics: { ...statistics(statement, bytes, result.query), ...sessionInfoOf(execution) },
    configuration: {
      ...run.job.configuration,
      query: present({
        ...execution.config.shown,
        ...(result.destination ? { destinationTable: result.destination } : {}),
      }),
    },
    ...(result.result ? { result: result.result } : {}),
  })
  const { result, statement, bytes } = await runOne(execution, parsed, (change, done, compiled, measured) =>
    run.conclude(change, outcomeOf(done, compiled, measured)),
  )
  return outcomeOf(result, statement, bytes)
}
