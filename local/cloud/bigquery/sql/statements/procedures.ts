/**
 * What CREATE PROCEDURE looks at before it keeps a body: its grammar, and each statement of it with NULLs as
 * arguments. Behind the first statement that makes or drops something, only the grammar is known.
 */
import { invalid } from '../refusal.ts'
import { parseProgram } from '../parse/script-parser.ts'
import type {
  CompileContext,
  FieldSchema,
  ParsedStatement,
  RoutineBody,
  ScriptNode,
  Statement,
} from '../types.ts'
import { duckdbType, typeName, typeOfField } from '../values/gtype.ts'

type Compile = (statement: ParsedStatement, context: CompileContext) => Promise<Statement>
type Variables = Map<string, { readonly type: string; readonly duckdb: string }>

const nothing = (field: FieldSchema): { type: string; duckdb: string } => {
  const type = typeOfField(field)
  return { type: typeName(type), duckdb: `CAST(NULL AS ${duckdbType(type)})` }
}

export async function checkProcedure(
  routine: RoutineBody,
  context: CompileContext,
  compile: Compile,
): Promise<void> {
  const nodes = parseProgram(routine.body)
  if (routine.isStrict === false) return
  const variables: Variables = new Map([['@@row_count', { type: 'INT64', duckdb: 'CAST(NULL AS BIGINT)' }]])
  for (const { name, field } of routine.arguments) variables.set(name.toLowerCase(), nothing(field!))
  await checkNodes(nodes, variables, context, compile)
}

/** False when what follows depends on what has run before it. */
async function checkNodes(
  nodes: readonly ScriptNode[],
  known: Variables,
  context: CompileContext,
  compile: Compile,
): Promise<boolean> {
  const variables: Variables = new Map(known)
  const check = (parsed: ParsedStatement): Promise<Statement> =>
    compile(parsed, { ...context, variables, parameters: [] })
  const inside = (body: readonly ScriptNode[]): Promise<boolean> =>
    checkNodes(body, variables, context, compile)
  for (const node of nodes)
    switch (node.kind) {
      case 'statement': {
        const { parsed } = node
        if (/^(CREATE|DROP|ALTER)_/.test(parsed.type)) return false
        const { schema = [] } = await check(parsed)
        if (parsed.type !== 'DECLARE') break
        for (const [i, name] of (parsed.variable?.names ?? []).entries()) {
          if (variables.has(name.toLowerCase()))
            throw invalid(`Variable '${name}' redeclared`, { line: parsed.line, column: parsed.column ?? 1 })
          variables.set(name.toLowerCase(), nothing(schema[schema.length === 1 ? 0 : i]!))
        }
        break
      }
      case 'if':
        for (const { condition, body } of node.branches) {
          await check(condition)
          if (!(await inside(body))) return false
        }
        if (!(await inside(node.otherwise))) return false
        break
      case 'loop':
        if (node.while) await check(node.while)
        if (!(await inside(node.body))) return false
        break
      case 'block':
        if (node.handler || !(await inside(node.body))) return false
        break
      case 'transaction':
      case 'leave':
      case 'iterate':
      case 'return':
      case 'raise':
        break
      default:
        return false
    }
  return true
}
