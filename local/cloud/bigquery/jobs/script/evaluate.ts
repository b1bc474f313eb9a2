/** Values and rows a script asks for on its way: checked as any query is, never a job of its own. */
import { resultSchema } from '../../engine/data-types.ts'
import { quoteName } from '../../engine/names.ts'
import { invalidQuery } from '../../engine/refusals.ts'
import type { FieldSchema, ParsedStatement } from '../../sql/types.ts'
import { checkPartitionFilters } from '../bytes-processed.ts'
import { compile, type Execution } from '../execution.ts'

let made = 0

export async function queryRows(
  execution: Execution,
  parsed: ParsedStatement,
): Promise<{ relation: string; schema: readonly FieldSchema[]; count: number }> {
  const { session, room } = execution
  const statement = await compile(execution, parsed)
  checkPartitionFilters(room, statement)
  for (const sql of statement.duckdb.slice(0, -1)) await session.run(sql)
  const relation = quoteName(`script_rows_${++made}`)
  await session.run(`CREATE OR REPLACE TEMP TABLE ${relation} AS ${statement.duckdb.at(-1)!}`)
  const [row] = await session.rows(`SELECT count(*) FROM ${relation}`)
  return { relation, schema: resultSchema(statement.schema ?? []), count: Number(row?.[0]) }
}

export async function evaluate(
  execution: Execution,
  parsed: ParsedStatement,
): Promise<{ field: FieldSchema; value: unknown }> {
  const { relation, schema, count } = await queryRows(execution, parsed)
  try {
    const [field] = schema
    if (!field || schema.length !== 1 || count !== 1) throw invalidQuery('A value is expected here')
    const [row] = await execution.session.rows(`SELECT * FROM ${relation}`)
    return { field, value: row?.[0] }
  } finally {
    await execution.session.run(`DROP TABLE IF EXISTS ${relation}`)
  }
}
