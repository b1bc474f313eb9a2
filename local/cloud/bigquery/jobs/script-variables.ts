/**
 * Script variables: values live in the DuckDB session, the compiler gets an expression that reads them;
 * nothing is pasted into SQL as text.
 */
import { duckdbType, legacyTypeName } from '../engine/data-types.ts'
import type { Session } from '../engine/database.ts'
import { quoteName, quoteText } from '../engine/names.ts'
import { invalidQuery } from '../engine/refusals.ts'
import type { FieldSchema, ParsedStatement, Statement } from '../sql/types.ts'
import { writeType } from './system-ddl.ts'

export type Variables = Map<string, { readonly type: string; readonly duckdb: string }>

function targets(parsed: ParsedStatement, statement: Statement): { name: string; field: FieldSchema }[] {
  const names = parsed.variable?.names ?? []
  const schema = statement.schema ?? []
  if (schema.length !== names.length && !(parsed.type === 'DECLARE' && schema.length === 1))
    throw invalidQuery(
      `${parsed.type} names ${names.length} variables, its value has ${schema.length} fields.`,
    )
  return names.map((name, index) => ({
    name: name.toLowerCase(),
    field: schema[schema.length === 1 ? 0 : index]!,
  }))
}

export const spellType = (field: FieldSchema): string =>
  duckdbType({ ...field, type: legacyTypeName(field.type) })

/** What a script keeps its variables in. */
interface Frame {
  readonly session: Session
  readonly variables: Variables
  readonly frame: number
}
export const slotOf = ({ frame }: Pick<Frame, 'frame'>, name: string): string => `v${frame}_${name}`

export async function assignVariables(
  own: Frame,
  parsed: ParsedStatement,
  statement: Statement,
): Promise<void> {
  const { session, variables } = own
  const wanted = targets(parsed, statement)
  for (const sql of statement.duckdb.slice(0, -1)) await session.run(sql)
  await session.run(`CREATE OR REPLACE TEMP TABLE script_values AS ${statement.duckdb.at(-1)!}`)
  const [row] = await session.rows('SELECT count(*) FROM script_values')
  if (Number(row?.[0]) > 1) throw invalidQuery('Scalar subquery produced more than one element')
  const columns = (await session.describe('SELECT * FROM script_values')).map((column) => column.name)
  for (const [index, { name, field }] of wanted.entries()) {
    const column = columns[columns.length === 1 ? 0 : index]!
    const known = variables.get(name)
    if (parsed.type === 'SET' && !known) throw invalidQuery(`Undeclared variable: ${name}`)
    await session.run(
      `SET VARIABLE ${quoteName(slotOf(own, name))} = (SELECT ${quoteName(column)} FROM script_values)`,
    )
    if (parsed.type === 'DECLARE')
      variables.set(name, {
        type: writeType(field),
        duckdb: `CAST(getvariable(${quoteText(slotOf(own, name))}) AS ${spellType(field)})`,
      })
  }
}

/** For a dry run: types without values. */
export function declareVariables(variables: Variables, parsed: ParsedStatement, statement: Statement): void {
  if (parsed.type !== 'DECLARE') return
  for (const { name, field } of targets(parsed, statement))
    variables.set(name, { type: writeType(field), duckdb: `CAST(NULL AS ${spellType(field)})` })
}
