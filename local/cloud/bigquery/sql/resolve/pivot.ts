/**
 * PIVOT and UNPIVOT: a relation made from another one, as
 * https://cloud.google.com/bigquery/docs/reference/standard-sql/query-syntax#pivot_operator says; it refuses
 * aggregates that do not pass over NULL, and values whose column would have no name of its own.
 */
import { invalid, unsupported } from '../refusal.ts'
import type { Expression, From, PivotAggregate, PivotValue } from '../parse/syntax.ts'
import { isGroupable, quoteName, sameType, STRING, typeName } from '../values/gtype.ts'
import { quoteText } from '../values/value.ts'
import { resolveExpression } from './recursion.ts'
import { childEnv, sameName, type Column, type Env, type FromResult } from './scope.ts'
import { onceOnly } from './translation.ts'

type Pivot = From & { kind: 'pivot' }
type Unpivot = From & { kind: 'unpivot' }

/** They pass over the NULLs that stand for rows of other values. */
const OVER_NULL =
  /^(SUM|AVG|MIN|MAX|COUNT|COUNTIF|ANY_VALUE|STRING_AGG|LOGICAL_AND|LOGICAL_OR|BIT_(AND|OR|XOR)|STDDEV(_SAMP|_POP)?|VARIANCE|VAR_(SAMP|POP)|APPROX_COUNT_DISTINCT)$/

/** `source`: what is pivoted, resolved. */
export function resolvePivot(from: Pivot, env: Env, source: FromResult): FromResult {
  const scope = childEnv(env, source)
  const used = new Set(
    [from.column, ...from.aggregates.map(({ call }) => call)].flatMap((part) => [...namesIn(part, source)]),
  )
  const groups = source.visible.filter(({ name, isHidden }) => !isHidden && !used.has(name.toLowerCase()))
  const label = env.translation.fresh(from.alias ?? 'pivot')
  const outputs: { name: string; sql: string; column: Omit<Column, 'sql' | 'name'> }[] = groups.map(
    (group) => {
      if (!isGroupable(group.type) || group.type.kind !== 'scalar')
        throw invalid(`PIVOT cannot group by column ${group.name} of type ${typeName(group.type)}`, from.at)
      return { name: group.name, sql: group.sql, column: { type: group.type, touch: group.touch } }
    },
  )
  for (const value of from.values)
    for (const aggregate of from.aggregates) {
      const { result, touches } = env.translation.collect(() =>
        resolveExpression(onlyWhere(aggregate, from.column, value), scope),
      )
      const name = nameOf(aggregate, value)
      if (outputs.some((output) => sameName(output.name, name)))
        throw invalid(`Duplicate column name ${name} in the result of PIVOT`, from.at)
      outputs.push({ name, sql: result.sql, column: { type: result.type, touch: onceOnly(touches) } })
    }
  const by = groups.length === 0 ? '' : ` GROUP BY ${groups.map(({ sql }) => sql).join(', ')}`
  const list = outputs.map(({ name, sql }) => `${sql} AS ${quoteName(name)}`).join(', ')
  return relation(`(SELECT ${list} FROM ${source.sql}${by})`, label, from.alias, outputs)
}

export function resolveUnpivot(from: Unpivot, env: Env, source: FromResult): FromResult {
  const scope = childEnv(env, source)
  const turned = from.rows.map(({ columns, label }) => {
    const cells = columns.map((column) => {
      const { result, touches } = env.translation.collect(() => resolveExpression(column, scope))
      return { value: result, touches, at: column.at }
    })
    return { cells, label: label ?? columns.map(nameWritten).join('_') }
  })
  const first = turned[0]!.cells
  const odd = turned
    .flatMap(({ cells }) => cells.map((cell, i) => ({ ...cell, like: first[i]! })))
    .find(({ value, like }) => !sameType(value.type, like.value.type))
  if (odd) throw invalid('The datatype of the columns of UNPIVOT does not match', odd.at)
  const taken = new Set(
    from.rows.flatMap(({ columns }) => columns.flatMap((column) => [...namesIn(column, source)])),
  )
  const others = source.visible.filter(({ name, isHidden }) => !isHidden && !taken.has(name.toLowerCase()))
  const label = env.translation.fresh(from.alias ?? 'unpivot')
  const rows = turned.map(
    ({ cells, label: name }) =>
      `struct_pack(${cells.map(({ value }, i) => `v${i} := ${value.sql}, `).join('')}n := ${quoteText(name)})`,
  )
  const inner = [
    ...others.map(({ name, sql }) => `${sql} AS ${quoteName(name)}`),
    `unnest([${rows.join(', ')}]) AS "unpivot row"`,
  ]
  const part = (name: string): string => `struct_extract("unpivot row", '${name}')`
  const outer = [
    ...others.map(({ name }) => quoteName(name)),
    ...from.values.map((name, i) => `${part(`v${i}`)} AS ${quoteName(name)}`),
    `${part('n')} AS ${quoteName(from.name)}`,
  ]
  const where = from.hasNulls
    ? ''
    : ` WHERE ${from.values.map((_, i) => `${part(`v${i}`)} IS NOT NULL`).join(' OR ')}`
  const touches = turned.flatMap(({ cells }) => cells.flatMap((cell) => cell.touches))
  const touch = onceOnly(touches)
  return relation(
    `(SELECT ${outer.join(', ')} FROM (SELECT ${inner.join(', ')} FROM ${source.sql})${where})`,
    label,
    from.alias,
    [
      ...others.map(({ name, type, touch: own }) => ({ name, column: { type, touch: own } })),
      ...from.values.map((name, i) => ({ name, column: { type: first[i]!.value.type, touch } })),
      { name: from.name, column: { type: STRING, touch } },
    ],
  )
}

function relation(
  sql: string,
  label: string,
  alias: string | undefined,
  outputs: readonly { readonly name: string; readonly column: Omit<Column, 'sql' | 'name'> }[],
): FromResult {
  const columns = outputs.map(({ name, column }): Column => ({
    ...column,
    name,
    sql: `${label}.${quoteName(name)}`,
  }))
  return { sql: `${sql} AS ${label}`, relations: [{ alias, columns }], visible: columns }
}

/** SUM(x) of the rows with the value: SUM(IF(column IS NOT DISTINCT FROM value, x, NULL)). */
function onlyWhere({ call, at }: PivotAggregate, column: Expression, { value }: PivotValue): Expression {
  if (!OVER_NULL.test(call.name) || call.orderBy.length > 0 || call.over)
    throw unsupported(`${call.name} in PIVOT`, at)
  const left = column
  const condition: Expression = { kind: 'binary', operator: 'IS NOT DISTINCT FROM', left, right: value, at }
  const plain = { isSafe: false, isDistinct: false, orderBy: [], at } as const
  const [first, ...rest] = call.args
  if (first?.kind === 'star')
    return { ...plain, kind: 'call', name: 'COUNTIF', path: ['COUNTIF'], args: [condition] }
  const nothing: Expression = { kind: 'literal', type: 'NULL', value: 'NULL', at }
  const kept: Expression = {
    ...plain,
    kind: 'call',
    name: 'IF',
    path: ['IF'],
    args: [condition, first ?? nothing, nothing],
  }
  return { ...call, args: [kept, ...rest], at }
}

function nameOf(aggregate: PivotAggregate, value: PivotValue): string {
  const name = value.alias ?? nameOfValue(value.value)
  return aggregate.alias === undefined ? name : `${aggregate.alias}_${name}`
}

/** As the documentation names the column of a value without an alias. */
function nameOfValue(value: Expression): string {
  if (value.kind !== 'literal')
    throw unsupported('A PIVOT value that is no literal, without an alias', value.at)
  switch (value.type) {
    case 'NULL':
    case 'BOOL':
      return value.value.toUpperCase()
    case 'INT64':
      return `_${value.value.replace('-', 'minus_')}`
    case 'DATE':
      return `_${value.value.replaceAll('-', '_')}`
    case 'STRING':
      if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(value.value)) return value.value
      throw unsupported(`A PIVOT value such as ${JSON.stringify(value.value)} without an alias`, value.at)
    default:
      throw unsupported(`A PIVOT value of type ${value.type} without an alias`, value.at)
  }
}

function nameWritten(column: Expression): string {
  if (column.kind !== 'path') throw unsupported('UNPIVOT of anything but columns', column.at)
  return column.parts.at(-1)!
}

/** Columns that an expression means, in lower case: `x` and `alias.x`. */
function namesIn(part: unknown, source: FromResult, found = new Set<string>()): Set<string> {
  if (Array.isArray(part)) for (const item of part) namesIn(item, source, found)
  else if (part !== null && typeof part === 'object') {
    const node = part as { readonly kind?: string; readonly parts?: readonly string[] }
    if (node.kind === 'path' && node.parts !== undefined) {
      const [first = '', second] = node.parts
      const isAlias = second !== undefined && source.relations.some(({ alias }) => sameName(alias, first))
      found.add((isAlias ? second : first).toLowerCase())
    } else for (const inner of Object.values(part)) namesIn(inner, source, found)
  }
  return found
}
