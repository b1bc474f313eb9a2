/** Long chains of one operator, as DuckDB can read them: its parser nests each link, and refuses a thousand of them. */

/** Beyond this many links a chain becomes a tree. */
const LINKS = 64

/** Operands in parentheses, joined: the operator must be associative, EXCEPT alone is left as written. */
export function chained(operands: readonly string[], operator: string): string {
  if (operands.length <= LINKS || operator === 'EXCEPT') return operands.join(` ${operator} `)
  const middle = operands.length >> 1
  const half = (part: readonly string[]): string => `(${chained(part, operator)})`
  return `${half(operands.slice(0, middle))} ${operator} ${half(operands.slice(middle))}`
}
