/**
 * MERGE as documented: every clause sees the target as it was, the first clause that applies wins, two source
 * rows for one target row are an error. Decides first, in temporary tables, then writes.
 */
import type { StatementSyntax } from '../parse/statement-syntax.ts'
import type { Expression, MergeClause } from '../parse/syntax.ts'
import { invalid, unsupported } from '../refusal.ts'
import { coerce } from '../values/coerce.ts'
import { BOOL, quoteName } from '../values/gtype.ts'
import { resolveExpression } from '../resolve/expression.ts'
import { resolveFrom } from '../resolve/from.ts'
import { noteConjuncts } from '../resolve/pruning.ts'
import { childEnv, type Column, type Env, type Relation } from '../resolve/scope.ts'
import { assigned, assignments, atMostOne, columnOf, columnsOf, targetOf, type Target } from './dml.ts'

interface Plan {
  readonly env: Env
  readonly target: Target
  readonly source: string
  readonly label: string
  readonly relations: readonly Relation[]
  readonly on: string
  readonly isNever: boolean
}

export function mergeInto(syntax: StatementSyntax & { kind: 'merge' }, env: Env): string[] {
  const target = targetOf(syntax.path, syntax.alias, env, syntax.at)
  const from = resolveFrom(syntax.source, env)
  const source = env.translation.fresh('source')
  const label = env.translation.fresh('s')
  // Every visible column is kept under a number: names may repeat across joined relations.
  const kept: Column[] = [
    ...new Set([
      ...from.visible,
      ...from.relations.flatMap((relation) => [
        ...relation.columns,
        ...(relation.value ? [relation.value] : []),
      ]),
    ]),
  ]
  for (const column of kept) env.translation.touch(column.touch)
  const moved = new Map(
    kept.map((column, i) => [
      column,
      { ...column, sql: `${label}."c${i}"`, touch: () => {}, partitionOf: undefined },
    ]),
  )
  const relations = from.relations.map((relation) => ({
    ...relation,
    columns: relation.columns.map((column) => moved.get(column)!),
    value: relation.value ? moved.get(relation.value) : undefined,
  }))
  const visible = from.visible.map((column) => moved.get(column)!)
  const both = childEnv(env, {
    relations: [target.relation, ...relations],
    visible: [...target.relation.columns, ...visible],
  })
  const on = condition(syntax.on, both)
  const isNever = /^\(*FALSE\)*$/.test(on)
  notePartitions(syntax, target, both, isNever)
  const plan: Plan = { env, target, source, label, relations, on, isNever }
  const sourceOnly = childEnv(env, { relations, visible })
  const targetOnly = childEnv(env, { relations: [target.relation], visible: target.relation.columns })
  const steps = [
    {
      decide: [
        `CREATE OR REPLACE TEMP TABLE ${source} AS SELECT ${kept.map((column, i) => `${column.sql} AS "c${i}"`).join(', ') || '1 AS "none"'} FROM ${from.sql}`,
      ],
      write: [] as string[],
      drop: [`DROP TABLE ${source}`],
    },
    matched(
      plan,
      syntax.clauses.filter((clause) => clause.when === 'MATCHED'),
      both,
    ),
    bySource(
      plan,
      syntax.clauses.filter((clause) => clause.when === 'NOT_BY_SOURCE'),
      targetOnly,
    ),
    byTarget(
      plan,
      syntax.clauses.filter((clause) => clause.when === 'NOT_BY_TARGET'),
      sourceOnly,
      visible,
    ),
  ]
  return [
    ...steps.flatMap((step) => step.decide),
    ...steps.flatMap((step) => step.write),
    ...steps.flatMap((step) => step.drop),
  ]
}

/**
 * Rows of the target are looked at by ON, and by each clause for those that match nothing; where ON is FALSE, by these
 * clauses alone.
 */
function notePartitions(
  { on, clauses }: { on: Expression; clauses: readonly MergeClause[] },
  target: Target,
  env: Env,
  isNever: boolean,
): void {
  const others = clauses.filter((clause) => clause.when === 'NOT_BY_SOURCE').map((clause) => clause.condition)
  const looked = isNever ? others : [on, ...others]
  if (looked.length === 0) {
    if (target.resolved.partitionField !== undefined) target.read.partitionPredicate = 'FALSE'
    return
  }
  const either = looked.reduce((left, right) =>
    left && right ? { kind: 'binary', operator: 'OR', left, right, at: left.at } : undefined,
  )
  if (either) noteConjuncts(either, env)
}

function condition(expression: Expression, env: Env): string {
  return coerce(
    resolveExpression(expression, { ...env, noAggregate: 'MERGE condition', noWindow: 'MERGE condition' }),
    BOOL,
    expression.at,
    'MERGE condition',
  ).sql
}

function refuseDefault(value: Expression): void {
  if (value.kind === 'default') throw unsupported('DEFAULT in MERGE', value.at)
}

interface Step {
  readonly decide: string[]
  readonly write: string[]
  readonly drop: string[]
}
const nothing: Step = { decide: [], write: [], drop: [] }

/** Which clause, counted from 0, applies to a row; NULL when none does. */
function choice(clauses: readonly MergeClause[], env: Env): string {
  return `CASE ${clauses.map((clause, i) => `WHEN ${clause.condition ? condition(clause.condition, env) : 'TRUE'} THEN ${i}`).join(' ')} END`
}

/** Updates and deletes of existing rows: each clause's new values are columns of the decision. */
function changes(
  plan: Plan,
  clauses: readonly MergeClause[],
  env: Env,
  name: string,
  from: string,
  where: string,
): Step {
  const table = plan.env.translation.fresh(name)
  const relation = plan.target.resolved.relation
  const values: string[] = []
  const write: string[] = []
  for (const [i, clause] of clauses.entries()) {
    if (clause.action.kind === 'delete') {
      write.push(
        `DELETE FROM ${relation} WHERE rowid IN (SELECT "_row" FROM ${table} WHERE "_clause" = ${i})`,
      )
      continue
    }
    if (clause.action.kind !== 'update') continue
    for (const { value } of clause.action.assignments) refuseDefault(value)
    const sets = assignments(clause.action.assignments, plan.target, env).map((set, j) => {
      values.push(`CASE WHEN "_clause" = ${i} THEN ${set.sql} END AS "_v${i}_${j}"`)
      return `${quoteName(set.column)} = ${table}."_v${i}_${j}"`
    })
    write.push(
      `UPDATE ${relation} SET ${sets.join(', ')} FROM ${table} WHERE ${relation}.rowid = ${table}."_row" AND ${table}."_clause" = ${i}`,
    )
  }
  const deletesFirst = [
    ...write.filter((sql) => sql.startsWith('DELETE')),
    ...write.filter((sql) => sql.startsWith('UPDATE')),
  ]
  const decide = [
    `CREATE OR REPLACE TEMP TABLE ${table} AS SELECT ${plan.target.label}.rowid AS "_row", ${choice(clauses, env)} AS "_clause"${values.map((value) => `, ${value}`).join('')} FROM ${from}${where}`,
  ]
  return { decide, write: deletesFirst, drop: [`DROP TABLE ${table}`] }
}

function matched(plan: Plan, clauses: readonly MergeClause[], env: Env): Step {
  if (clauses.length === 0 || plan.isNever) {
    for (const clause of clauses)
      if (clause.action.kind === 'update') assignments(clause.action.assignments, plan.target, env)
    return nothing
  }
  const step = changes(
    plan,
    clauses,
    env,
    'matched',
    `${plan.target.resolved.relation} AS ${plan.target.label} JOIN ${plan.source} AS ${plan.label} ON ${plan.on}`,
    '',
  )
  const table = /TEMP TABLE ("[^"]+")/.exec(step.decide[0]!)![1]!
  return { ...step, decide: [...step.decide, atMostOne(table, '"_clause" IS NOT NULL')] }
}

function bySource(plan: Plan, clauses: readonly MergeClause[], env: Env): Step {
  if (clauses.length === 0) return nothing
  const anti = plan.isNever ? '' : ` ANTI JOIN ${plan.source} AS ${plan.label} ON ${plan.on}`
  return changes(
    plan,
    clauses,
    env,
    'unmatched',
    `${plan.target.resolved.relation} AS ${plan.target.label}${anti}`,
    '',
  )
}

function byTarget(plan: Plan, clauses: readonly MergeClause[], env: Env, visible: readonly Column[]): Step {
  if (clauses.length === 0) return nothing
  const table = plan.env.translation.fresh('inserts')
  const anti = plan.isNever
    ? ''
    : ` ANTI JOIN ${plan.target.resolved.relation} AS ${plan.target.label} ON ${plan.on}`
  const values: string[] = []
  const write = clauses.map((clause, i) => {
    if (clause.action.kind !== 'insert')
      throw invalid('Only INSERT is allowed in a WHEN NOT MATCHED BY TARGET clause', clause.at)
    const columns = columnsOf(plan.target, clause.action.columns, clause.at)
    const given = clause.action.values
    if (given && given.length !== columns.length)
      throw invalid(
        `Inserted row has wrong column count; Has ${given.length}, expected ${columns.length}`,
        clause.at,
      )
    if (!given && visible.length !== columns.length)
      throw invalid(
        `INSERT ROW needs as many source columns (${visible.length}) as target columns (${columns.length})`,
        clause.at,
      )
    for (const value of given ?? []) refuseDefault(value)
    const sqls = given
      ? given.map((value, j) => assigned(value, columns[j]!, env))
      : columns.map(
          (column, j) =>
            coerce(
              { sql: visible[j]!.sql, type: visible[j]!.type },
              columnOf(plan.target, column.name, clause.at).type,
              clause.at,
              `Column ${column.name}`,
            ).sql,
        )
    sqls.forEach((sql, j) => values.push(`${sql} AS "_v${i}_${j}"`))
    return `INSERT INTO ${plan.target.resolved.relation} (${columns.map((column) => quoteName(column.name)).join(', ')}) SELECT ${sqls.map((_, j) => `"_v${i}_${j}"`).join(', ')} FROM ${table} WHERE "_clause" = ${i}`
  })
  return {
    decide: [
      `CREATE OR REPLACE TEMP TABLE ${table} AS SELECT ${choice(clauses, env)} AS "_clause", ${values.join(', ')} FROM ${plan.source} AS ${plan.label}${anti}`,
    ],
    write,
    drop: [`DROP TABLE ${table}`],
  }
}
