/**
 * Walks a script: which statement comes next. Variables live as long as their block; an error goes to the nearest
 * EXCEPTION, a cancellation to nobody.
 */
import { setImmediate as turn } from 'node:timers/promises'
import { CloudError } from '../../../kernel.ts'
import { legacyTypeName } from '../../engine/data-types.ts'
import { quoteName, quoteText } from '../../engine/names.ts'
import { invalidQuery } from '../../engine/refusals.ts'
import type { ParsedStatement, ScriptNode } from '../../sql/types.ts'
import { compile, type Execution } from '../execution.ts'
import { assignVariables, slotOf, spellType } from '../script-variables.ts'
import { writeType } from '../system-ddl.ts'
import { runCall } from './call.ts'
import { evaluate, queryRows } from './evaluate.ts'
import { runImmediate } from './immediate.ts'
import type { RunStatement, Script } from './script.ts'
import { failTransaction, runTransaction } from './transaction.ts'

/** How a list of nodes ended: by itself, or on the way to a loop or the end of the script. */
type End =
  { readonly kind: 'leave' | 'iterate'; readonly label?: string } | { readonly kind: 'return' } | undefined
type Loop = ScriptNode & { kind: 'loop' | 'for' }

export async function runNodes(
  script: Script,
  nodes: readonly ScriptNode[],
  run: RunStatement,
): Promise<void> {
  const end = await walk(script, nodes, run)
  if (end && end.kind !== 'return')
    throw invalidQuery(`${end.kind === 'leave' ? 'LEAVE' : 'ITERATE'} is only allowed inside of a loop`)
}

async function walk(script: Script, nodes: readonly ScriptNode[], run: RunStatement): Promise<End> {
  const { variables } = script.execution
  const known = new Set(variables.keys())
  try {
    for (const node of nodes) {
      const end = await step(script, node, run)
      if (end) return end
    }
    return undefined
  } finally {
    for (const name of variables.keys())
      if (!known.has(name) && !name.startsWith('@@')) variables.delete(name)
  }
}

async function step(script: Script, node: ScriptNode, run: RunStatement): Promise<End> {
  const { execution } = script
  switch (node.kind) {
    case 'statement': {
      const { parsed } = node
      if (parsed.type !== 'DECLARE' && parsed.type !== 'SET') return void (await run(script, parsed))
      refuseShadow(execution, parsed)
      const statement = await compile(execution, parsed)
      return void (await assignVariables(execution, parsed, statement))
    }
    case 'block':
      return runBlock(script, node, run)
    case 'if': {
      for (const { condition, body } of node.branches)
        if (await isTrue(execution, condition)) return walk(script, body, run)
      return walk(script, node.otherwise, run)
    }
    case 'loop':
      return runLoop(script, node, run)
    case 'for':
      return runFor(script, node, run)
    case 'leave':
    case 'iterate':
    case 'return':
      return node
    case 'transaction':
      return runTransaction(execution, node)
    case 'raise':
      return raise(execution, node)
    case 'execute':
      return runImmediate(script, node, run, runNodes)
    case 'call':
      return runCall(script, node, run, runNodes)
  }
}

function refuseShadow({ variables }: Execution, { type, variable }: ParsedStatement): void {
  const name =
    type === 'DECLARE' ? variable?.names.find((one) => variables.has(one.toLowerCase())) : undefined
  if (name !== undefined) throw invalidQuery(`Variable '${name}' redeclared`)
}

async function runBlock(
  script: Script,
  node: ScriptNode & { kind: 'block' },
  run: RunStatement,
): Promise<End> {
  const leaves = (end: End): End =>
    end?.kind === 'leave' && end.label !== undefined && isLabel(node.label, end.label) ? undefined : end
  if (!node.handler) return leaves(await walk(script, node.body, run))
  try {
    return leaves(await walk(script, node.body, run))
  } catch (error) {
    script.run.throwIfCancelled()
    if (!(error instanceof CloudError) || error.status >= 499) throw error
    await failTransaction(script.execution)
    const { variables } = script.execution
    const before = variables.get('@@error.message')
    variables.set('@@error.message', { type: 'STRING', duckdb: quoteText(error.message) })
    try {
      return leaves(await walk(script, node.handler, run))
    } finally {
      if (before) variables.set('@@error.message', before)
      else variables.delete('@@error.message')
    }
  }
}

async function isTrue(execution: Execution, condition: ParsedStatement): Promise<boolean> {
  const { field, value } = await evaluate(execution, condition)
  if (legacyTypeName(field.type) !== 'BOOLEAN')
    throw invalidQuery(`The condition of control flow must be a BOOL, not ${writeType(field)}`)
  return value === true
}

const isLabel = (own: string | undefined, wanted: string): boolean =>
  own?.toLowerCase() === wanted.toLowerCase()

/** What the body's end means for the loop: go on, stop, or pass it on. */
function after(end: End, loop: Loop): 'next' | 'stop' | End {
  if (!end) return 'next'
  if (end.kind === 'return') return end
  if (end.label !== undefined && !isLabel(loop.label, end.label)) return end
  return end.kind === 'leave' ? 'stop' : 'next'
}

async function runLoop(script: Script, loop: ScriptNode & { kind: 'loop' }, run: RunStatement): Promise<End> {
  for (;;) {
    // A body may ask the engine for nothing at all.
    await turn()
    script.run.throwIfCancelled()
    if (loop.while && !(await isTrue(script.execution, loop.while))) return undefined
    const then = after(await walk(script, loop.body, run), loop)
    if (then === 'stop') return undefined
    if (then !== 'next') return then
    if (loop.until && (await isTrue(script.execution, loop.until))) return undefined
  }
}

async function runFor(script: Script, loop: ScriptNode & { kind: 'for' }, run: RunStatement): Promise<End> {
  const { execution } = script
  const { session, variables } = execution
  const name = loop.variable.toLowerCase()
  if (variables.has(name)) throw invalidQuery(`Variable '${loop.variable}' redeclared`)
  const rows = await queryRows(execution, loop.query)
  const field = { name, type: 'RECORD', mode: 'NULLABLE', fields: rows.schema }
  const columns = rows.schema.map((column) => `${quoteName(column.name)} := ${quoteName(column.name)}`)
  try {
    for (let i = 0; i < rows.count; i++) {
      await session.run(
        `SET VARIABLE ${quoteName(slotOf(execution, name))} = (SELECT struct_pack(${columns.join(', ')}) FROM ${rows.relation} LIMIT 1 OFFSET ${i})`,
      )
      variables.set(name, {
        type: writeType(field),
        duckdb: `CAST(getvariable(${quoteText(slotOf(execution, name))}) AS ${spellType(field)})`,
      })
      script.run.throwIfCancelled()
      const then = after(await walk(script, loop.body, run), loop)
      if (then === 'stop') return undefined
      if (then !== 'next') return then
    }
    return undefined
  } finally {
    variables.delete(name)
    await session.run(`DROP TABLE IF EXISTS ${rows.relation}`)
  }
}

async function raise(execution: Execution, node: ScriptNode & { kind: 'raise' }): Promise<never> {
  const at = ` at [${node.line}:${node.column}]`
  if (node.message) {
    const { value } = await evaluate(execution, node.message)
    throw invalidQuery(`${String(value)}${at}`)
  }
  const known = execution.variables.get('@@error.message')
  if (!known) throw invalidQuery(`Cannot re-raise an existing exception outside of an exception handler${at}`)
  const [row] = await execution.session.rows(`SELECT ${known.duckdb}`)
  throw invalidQuery(String(row?.[0]))
}
