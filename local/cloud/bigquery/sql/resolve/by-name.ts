/**
 * Set operations that match columns by name: every query gets the columns of the whole in one order, and NULL for
 * what it lacks where the mode allows that.
 */
import type { Body } from '../parse/syntax.ts'
import { invalid } from '../refusal.ts'
import { NULL_TYPE, quoteName } from '../values/gtype.ts'
import { sameName, type Env, type OutputColumn, type QueryResult } from './scope.ts'

type SetBody = Body & { kind: 'set' }

const find = (input: QueryResult, name: string): OutputColumn | undefined =>
  input.columns.find((column) => sameName(column.name, name))

/** Names of the result: of the first query, and where all count, of each later one what is new in it. */
function namesOf(inputs: readonly QueryResult[], body: SetBody): string[] {
  for (const { columns } of inputs)
    for (const [i, { name }] of columns.entries()) {
      if (name === undefined)
        throw invalid(`Anonymous columns are not allowed in ${body.operator} BY NAME`, body.at)
      if (columns.findIndex((column) => sameName(column.name, name)) !== i)
        throw invalid(`Duplicate column name ${name} in ${body.operator} BY NAME`, body.at)
    }
  const first = inputs[0]!.columns.map(({ name }) => name!)
  if (body.byName === 'LEFT') return first
  if (body.byName === 'INNER') {
    const common = first.filter((name) => inputs.every((input) => find(input, name)))
    if (common.length === 0)
      throw invalid(`The queries of INNER ${body.operator} BY NAME have no column in common`, body.at)
    return common
  }
  const all = [...first]
  for (const { columns } of inputs)
    for (const { name } of columns) if (!all.some((known) => sameName(known, name!))) all.push(name!)
  return all
}

export function matchedByName(inputs: readonly QueryResult[], body: SetBody, env: Env): QueryResult[] {
  const names = namesOf(inputs, body)
  return inputs.map((input, at) => {
    const relation = env.translation.fresh('named')
    const columns = names.map((name): OutputColumn => {
      const found = find(input, name)
      if (found) return { ...found, name, label: quoteName(name) }
      if (body.byName === 'STRICT')
        throw invalid(`Column ${name} in ${body.operator} BY NAME is missing in query ${at + 1}`, body.at)
      return { name, label: quoteName(name), type: NULL_TYPE, touch: () => {} }
    })
    const items = names.map((name) => {
      const found = find(input, name)
      return `${found ? `${relation}.${found.label}` : 'CAST(NULL AS BIGINT)'} AS ${quoteName(name)}`
    })
    return { sql: `SELECT ${items.join(', ')} FROM (${input.sql}) AS ${relation}`, columns }
  })
}
