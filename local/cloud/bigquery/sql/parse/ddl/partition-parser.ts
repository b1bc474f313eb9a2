/** PARTITION BY of a table: a column, its day, hour, month or year, a range of integers, or the time of arrival. */
import { invalid, unsupported } from '../../refusal.ts'
import type { Cursor } from '../cursor.ts'
import type { PartitionSyntax } from '../statement-syntax.ts'
import type { Expression } from '../syntax.ts'

const TRUNCATIONS = ['TIMESTAMP_TRUNC', 'DATETIME_TRUNC', 'DATE_TRUNC']

const nameOf = (expression: Expression | undefined): string | undefined =>
  expression?.kind === 'path' && expression.parts.length === 1 ? expression.parts[0]! : undefined

/** The pseudo columns of a table that is partitioned by arrival. */
const arrival = (name: string): string =>
  ['_PARTITIONTIME', '_PARTITIONDATE'].includes(name.toUpperCase()) ? '_PARTITIONTIME' : name

export function parsePartition(cursor: Cursor): PartitionSyntax {
  const at = cursor.at
  const expression = cursor.expression()
  const plain = nameOf(expression)
  if (plain !== undefined) {
    if (plain.toUpperCase() === '_PARTITIONTIME')
      throw invalid('PARTITION BY expression must be DATE(_PARTITIONTIME) or TIMESTAMP_TRUNC of it', at)
    return { field: arrival(plain), type: 'DAY', at }
  }
  if (expression.kind !== 'call') throw unsupported('This PARTITION BY expression', at)
  if (expression.name === 'RANGE_BUCKET') return parseRange(expression.args, at)
  const field = nameOf(expression.args[0])
  if (field !== undefined) {
    if (expression.name === 'DATE' && expression.args.length === 1)
      return { field: arrival(field), type: 'DAY', at }
    const type = nameOf(expression.args[1])?.toUpperCase() ?? ''
    if (
      TRUNCATIONS.includes(expression.name) &&
      expression.args.length === 2 &&
      (type === 'DAY' || type === 'HOUR' || type === 'MONTH' || type === 'YEAR')
    )
      return { field: arrival(field), type, at }
  }
  throw unsupported(`PARTITION BY ${expression.name} in this form`, at)
}

/** `RANGE_BUCKET(column, GENERATE_ARRAY(start, end[, step]))` with literals. */
function parseRange(args: readonly Expression[], at: PartitionSyntax['at']): PartitionSyntax {
  const field = nameOf(args[0])
  const array = args[1]
  if (field === undefined || args.length !== 2 || array?.kind !== 'call' || array.name !== 'GENERATE_ARRAY')
    throw invalid(
      'PARTITION BY expression must be RANGE_BUCKET(<column>, GENERATE_ARRAY(<start>, <end>[, <interval>]))',
      at,
    )
  const [start, end, interval = '1'] = array.args.map((value) => integerOf(value, at))
  if (start === undefined || end === undefined || array.args.length > 3)
    throw invalid('GENERATE_ARRAY of a partitioning takes a start, an end and an interval', at)
  return { field, type: 'RANGE', range: { start, end, interval }, at }
}

function integerOf(expression: Expression, at: PartitionSyntax['at']): string {
  if (expression.kind === 'literal' && expression.type === 'INT64') return expression.value
  if (expression.kind === 'unary' && expression.operator === '-')
    return `-${integerOf(expression.operand, at)}`
  throw invalid('The range of a partitioning must be integer literals', at)
}
