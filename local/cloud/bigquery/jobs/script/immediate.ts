/** EXECUTE IMMEDIATE: one statement from text, with parameters of its own (USING) and variables for its row (INTO). */
import { legacyTypeName } from '../../engine/data-types.ts'
import { quoteName, quoteText } from '../../engine/names.ts'
import { invalidQuery } from '../../engine/refusals.ts'
import type { FieldSchema, ParsedStatement, ScriptNode } from '../../sql/types.ts'
import type { QueryConfig } from '../query-config.ts'
import type { Execution } from '../execution.ts'
import { slotOf } from '../script-variables.ts'
import { writeType } from '../system-ddl.ts'
import type { RunNodes, RunStatement, Script } from './script.ts'
import { evaluate, queryRows } from './evaluate.ts'

let made = 0

export async function runImmediate(
  script: Script,
  node: ScriptNode & { kind: 'execute' },
  run: RunStatement,
  runNodes: RunNodes,
): Promise<undefined> {
  const { execution } = script
  const at = ` at [${node.line}:${node.column}]`
  const { value, field } = await evaluate(execution, node.sql)
  if (legacyTypeName(field.type) !== 'STRING' || typeof value !== 'string')
    throw invalidQuery(`EXECUTE IMMEDIATE needs a STRING that is not NULL${at}`)
  const nodes = execution.room.compiler.parseProgram(value)
  const [first] = nodes
  const isCall = first?.kind === 'call' && !node.into
  const isStatement = first?.kind === 'statement' && !['DECLARE', 'SET'].includes(first.parsed.type)
  if (nodes.length !== 1 || !(isCall || isStatement))
    throw invalidQuery(`EXECUTE IMMEDIATE takes one SQL statement${at}`)
  const parameters = await parametersOf(execution, node)
  const inner: Execution = { ...execution, own: { parameters } }
  if (node.into && first.kind === 'statement') await assignInto(inner, node.into, first.parsed, at)
  else await withParameters(execution, parameters, () => runNodes(script, nodes, run))
  return undefined
}

/** The statement runs as a child of the script, which only its parameters differ from. */
async function withParameters(
  execution: Execution,
  parameters: QueryConfig['parameters'],
  work: () => Promise<void>,
): Promise<void> {
  const before = execution.own.parameters
  execution.own.parameters = parameters
  try {
    await work()
  } finally {
    execution.own.parameters = before
  }
}

async function parametersOf(
  execution: Execution,
  { using }: ScriptNode & { kind: 'execute' },
): Promise<QueryConfig['parameters']> {
  const parameters: { name?: string; type: string; duckdb: string }[] = []
  for (const { value, name } of using) {
    const rows = await queryRows(execution, value)
    const field = rows.schema[0]!
    const variable = `u_${++made}`
    await execution.session.run(
      `SET VARIABLE ${quoteName(variable)} = (SELECT ${quoteName(field.name)} FROM ${rows.relation})`,
    )
    await execution.session.run(`DROP TABLE IF EXISTS ${rows.relation}`)
    parameters.push({
      ...(name === undefined ? {} : { name }),
      type: writeType(field),
      duckdb: `getvariable(${quoteText(variable)})`,
    })
  }
  return parameters
}

async function assignInto(
  execution: Execution,
  names: readonly string[],
  parsed: ParsedStatement,
  at: string,
): Promise<void> {
  if (parsed.type !== 'SELECT') throw invalidQuery(`INTO needs a query${at}`)
  const { relation, schema, count } = await queryRows(execution, parsed)
  try {
    if (schema.length !== names.length)
      throw invalidQuery(`The query has ${schema.length} columns for ${names.length} variables of INTO${at}`)
    if (count > 1) throw invalidQuery(`EXECUTE IMMEDIATE INTO got more than one row${at}`)
    for (const [i, name] of names.entries()) await assignOne(execution, name, schema[i]!, relation, at)
  } finally {
    await execution.session.run(`DROP TABLE IF EXISTS ${relation}`)
  }
}

async function assignOne(
  { session, variables, frame }: Execution,
  name: string,
  field: FieldSchema,
  relation: string,
  at: string,
): Promise<void> {
  const known = variables.get(name.toLowerCase())
  if (!known) throw invalidQuery(`Undeclared variable: ${name}${at}`)
  if (plain(known.type) !== plain(writeType(field)))
    throw invalidQuery(
      `Variable ${name} of type ${known.type} cannot take a value of type ${writeType(field)}${at}`,
    )
  await session.run(
    `SET VARIABLE ${quoteName(slotOf({ frame }, name.toLowerCase()))} = (SELECT ${quoteName(field.name)} FROM ${relation})`,
  )
}

const plain = (type: string): string => type.toUpperCase().replaceAll(' ', '')
