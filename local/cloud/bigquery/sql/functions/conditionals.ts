/** COALESCE, IF, IFNULL, NULLIF, and GREATEST and LEAST, which are NULL if any argument is. */
import { raised } from '../values/raised.ts'
import { unsupported } from '../refusal.ts'
import { orNan } from '../values/floats.ts'
import { isScalar } from '../values/gtype.ts'
import { example, failing, scalar, type Emit, type FunctionRow } from './row.ts'

const F = 'Conditional'
const noneNull = (name: string) => (args: string[], how: Emit) =>
  isScalar(how.values[0]!.type, 'FLOAT64') && args.length > 1
    ? `CASE WHEN ${args.map((arg) => `${arg} IS NOT NULL`).join(' AND ')} THEN ${orNan(args, `${name}(${args.join(', ')})`)} END`
    : args.length === 1
      ? args[0]!
      : `CASE WHEN ${args.map((arg) => `${arg} IS NOT NULL`).join(' AND ')} THEN ${name}(${args.join(', ')}) END`
export const conditionalRows: readonly FunctionRow[] = [
  scalar(
    F,
    'native',
    'COALESCE',
    { 'T, T* -> T': 'coalesce' },
    example("SELECT COALESCE('A', 'B', 'C'), COALESCE(NULL, 'B', 'C')", ['A', 'B']),
  ),
  scalar(
    F,
    'rewrite',
    'IF',
    { 'BOOL, T, T -> T': ([condition, yes, no]) => `CASE WHEN ${condition} THEN ${yes} ELSE ${no} END` },
    example("SELECT IF(10 < 20, 'true', 'false'), IF(NULL, 1, 2)", ['true', 2]),
  ),
  scalar(
    F,
    'rewrite',
    'IFNULL',
    { 'T, T -> T': 'coalesce' },
    example('SELECT IFNULL(NULL, 0), IFNULL(10, 0)', [0, 10]),
  ),
  scalar(
    F,
    'native',
    'NULLIF',
    {
      'T, T -> T': ([a, b], how) => {
        if (how.values[0]!.type.kind === 'struct') throw unsupported('NULLIF of STRUCT values', how.at)
        return `nullif(${a}, ${b})`
      },
    },
    example('SELECT NULLIF(0, 0), NULLIF(10, 0)', [null, 10]),
  ),
  scalar(
    F,
    'rewrite',
    'GREATEST',
    { 'T, T* -> T': noneNull('greatest') },
    example('SELECT GREATEST(3, 5, 1), GREATEST(3, NULL)', [5, null]),
    example("SELECT GREATEST(1.5, 2), GREATEST(1.5, NULL), IS_NAN(GREATEST(CAST('nan' AS FLOAT64), 1))", [
      2,
      null,
      true,
    ]),
  ),
  scalar(
    F,
    'rewrite',
    'LEAST',
    { 'T, T* -> T': noneNull('least') },
    example('SELECT LEAST(3, 5, 1), LEAST(3, NULL)', [1, null]),
    example("SELECT LEAST(1.5, 2), LEAST(1.5, NULL), IS_NAN(LEAST(CAST('nan' AS FLOAT64), 1))", [
      1.5,
      null,
      true,
    ]),
  ),
  scalar(
    F,
    'rewrite',
    'ERROR',
    { 'STRING -> INT64': ([message]) => `CAST(${raised(message!)} AS BIGINT)` },
    failing("SELECT ERROR('out of cheese')", 'out of cheese'),
  ),
]
