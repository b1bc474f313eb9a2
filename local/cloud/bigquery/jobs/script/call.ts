/**
 * CALL of a procedure: a frame of its own, which sees its arguments and nothing of the caller's variables. Values of
 * OUT and INOUT go back when it ended without an error.
 */
import { invalidQuery, routineNotFound, unsupported } from '../../engine/refusals.ts'
import { routineKey } from '../../engine/warehouse.ts'
import type { ParsedStatement, RoutineBody, ScriptNode } from '../../sql/types.ts'
import { referenceOf, splitPath } from '../catalog.ts'
import { compile, scopeOf, type Execution } from '../execution.ts'
import { assignVariables, type Variables } from '../script-variables.ts'
import { writeType } from '../system-ddl.ts'
import type { RunNodes, RunStatement, Script } from './script.ts'
import { runSystemProcedure } from './system-procedures.ts'

type CallNode = ScriptNode & { kind: 'call' }
/** https://cloud.google.com/bigquery/docs/reference/standard-sql/procedural-language#call */
const deepest = 50
let frames = 0

export async function runCall(
  script: Script,
  node: CallNode,
  run: RunStatement,
  runNodes: RunNodes,
): Promise<undefined> {
  const { execution } = script
  const parts = splitPath(node.path)
  if (parts.length > 1 && parts[0]!.toUpperCase() === 'BQ')
    return runSystemProcedure(execution, parts.slice(1).join('.'), node)
  const at = ` at [${node.line}:${node.column}]`
  if (script.depth >= deepest) throw invalidQuery(`CALL is nested deeper than ${deepest} frames${at}`)
  const routine = findProcedure(execution, parts, at)
  if (node.args.length !== routine.arguments.length)
    throw invalidQuery(
      `Number of arguments does not match for procedure ${parts.join('.')}: ${routine.arguments.length} expected, ${node.args.length} given${at}`,
    )
  const inner: Execution = {
    ...execution,
    frame: ++frames,
    variables: systemVariables(execution.variables),
    functions: new Map(),
    own: { parameters: [] },
  }
  for (const [i, argument] of routine.arguments.entries())
    await enter(execution, inner, argument, node.args[i]!, at)
  const nodes = execution.room.compiler.parseProgram(routine.body)
  await runNodes({ ...script, execution: inner, depth: script.depth + 1 }, nodes, run)
  for (const [name, value] of systemVariables(inner.variables)) execution.variables.set(name, value)
  for (const [i, argument] of routine.arguments.entries())
    if (argument.mode === 'OUT' || argument.mode === 'INOUT')
      await leave(execution, inner, argument.name, node.args[i]!)
  return undefined
}

const systemVariables = (variables: Variables): Variables =>
  new Map([...variables].filter(([name]) => name.startsWith('@@')))

function findProcedure(execution: Execution, parts: readonly string[], at: string): RoutineBody {
  const { room, principal, location } = execution
  const { projectId, datasetId, tableId } = referenceOf(
    scopeOf({ ...execution, temporary: new Map() }),
    parts,
  )
  const reference = { projectId, datasetId, routineId: tableId }
  const routine =
    projectId === room.environment.project ? room.warehouse.routines.get(routineKey(reference)) : undefined
  const dataset = room.warehouse.dataset(datasetId)
  if (!routine || dataset?.location.toLowerCase() !== location.toLowerCase())
    throw invalidQuery(`Procedure is not found: ${parts.join('.')}${at}`)
  room.authority.requireOnRoutine(principal, 'bigquery.routines.get', reference)
  if (routine.kind !== 'PROCEDURE') throw routineNotFound(reference)
  return routine
}

/** A value as a variable of the frame: what a declaration with a default would do, checked where it was written. */
async function enter(
  outer: Execution,
  inner: Execution,
  { name, field, mode = 'IN' }: RoutineBody['arguments'][number],
  { value, variable }: CallNode['args'][number],
  at: string,
): Promise<void> {
  if (!field) throw unsupported(`An argument of any type (${name})`)
  if (mode !== 'IN' && (variable === undefined || !outer.variables.has(variable.toLowerCase())))
    throw invalidQuery(`Argument ${name} is ${mode}: it needs a variable${at}`)
  const head = `DECLARE \`${name}\` ${writeType(field)}`
  const given = mode === 'OUT' ? '' : ` DEFAULT (${value.text.slice('SELECT '.length)})`
  const parsed: ParsedStatement = {
    ...value,
    type: 'DECLARE',
    text: head + given,
    column: Math.max(1, (value.column ?? 1) - head.length - ' DEFAULT ('.length + 'SELECT '.length),
    variable: { names: [name] },
  }
  await assignVariables(inner, parsed, await compile(outer, parsed))
}

/** The value of an argument to the caller's variable, as SET would. */
async function leave(
  outer: Execution,
  inner: Execution,
  name: string,
  { variable, value }: CallNode['args'][number],
): Promise<void> {
  const made = 'value of the argument'
  const variables = new Map([...outer.variables, [made, inner.variables.get(name.toLowerCase())!]])
  const parsed: ParsedStatement = {
    ...value,
    type: 'SET',
    text: `SET \`${variable!}\` = \`${made}\``,
    variable: { names: [variable!] },
  }
  await assignVariables(outer, parsed, await compile({ ...outer, variables }, parsed))
}
