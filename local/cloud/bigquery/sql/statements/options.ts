/**
 * OPTIONS(…) to JSON: literals, arrays, pairs, and the one moment dbt writes (now plus an interval). Other
 * expressions are refused.
 */
import { invalid, unsupported } from '../refusal.ts'
import type { Expression, OptionSyntax } from '../parse/syntax.ts'

export function readOptions(options: readonly OptionSyntax[], nowMicros: bigint): Record<string, unknown> {
  const read: Record<string, unknown> = {}
  for (const option of options) {
    if (option.name in read) throw invalid(`Duplicate option specified for '${option.name}'`, option.at)
    read[option.name] = readValue(option.value, nowMicros)
  }
  return read
}

const UNIT_MS: Readonly<Record<string, number>> = {
  SECOND: 1000,
  MINUTE: 60_000,
  HOUR: 3_600_000,
  DAY: 86_400_000,
}

function readValue(expression: Expression, nowMicros: bigint): unknown {
  switch (expression.kind) {
    case 'literal':
      return readLiteral(expression)
    case 'array':
      return expression.items.map((item) => readValue(item, nowMicros))
    case 'struct':
      return expression.fields.map((field) => readValue(field.value, nowMicros))
    case 'interval':
      return interval(expression)
    case 'call': {
      const nowMs = Number(nowMicros / 1000n)
      if (expression.name === 'CURRENT_TIMESTAMP') return new Date(nowMs).toISOString()
      const [base, interval] = expression.args
      const isAdding = expression.name === 'TIMESTAMP_ADD'
      if (
        (isAdding || expression.name === 'TIMESTAMP_SUB') &&
        base &&
        interval?.kind === 'interval' &&
        UNIT_MS[interval.unit] &&
        interval.value.kind === 'literal'
      ) {
        const from = Date.parse(String(readValue(base, nowMicros)))
        return new Date(
          from + (isAdding ? 1 : -1) * Number(interval.value.value) * UNIT_MS[interval.unit]!,
        ).toISOString()
      }
      break
    }
    default:
  }
  throw unsupported('This expression as an option value', expression.at)
}

/** As REST writes an interval, `years-months days hours:minutes:seconds`. */
function interval(expression: Expression & { kind: 'interval' }): string {
  const { unit, value } = expression
  const amount = value.kind === 'literal' ? value.value : ''
  const seconds =
    UNIT_MS[unit] === undefined || unit === 'DAY' ? undefined : (Number(amount) * UNIT_MS[unit]) / 1000
  if (unit === 'DAY' && /^\d+$/.test(amount)) return `0-0 ${amount} 0:0:0`
  if (seconds !== undefined && Number.isInteger(seconds))
    return `0-0 0 ${Math.floor(seconds / 3600)}:${Math.floor(seconds / 60) % 60}:${seconds % 60}`
  const clock = /^(\d+):(\d+):(\d+)$/.exec(amount)
  if (unit === 'HOUR TO SECOND' && clock) return `0-0 0 ${clock.slice(1).map(Number).join(':')}`
  throw unsupported('This INTERVAL as an option value', expression.at)
}

function readLiteral(expression: Expression & { kind: 'literal' }): unknown {
  switch (expression.type) {
    case 'NULL':
      return null
    case 'BOOL':
      return expression.value === 'true'
    case 'INT64':
    case 'FLOAT64':
      return Number(expression.value)
    case 'STRING':
      return expression.value
    case 'TIMESTAMP': {
      const text = expression.value.replace(' UTC', 'Z').replace(' ', 'T')
      const ms = Date.parse(
        /([zZ]|[+-]\d\d(:?\d\d)?)$/.test(text.slice(10)) ? text.replace(/([+-]\d\d)$/, '$1:00') : `${text}Z`,
      )
      if (Number.isNaN(ms)) throw invalid(`Invalid TIMESTAMP literal: ${expression.value}`, expression.at)
      return new Date(ms).toISOString()
    }
    default:
      throw unsupported(`A ${expression.type} literal as an option value`, expression.at)
  }
}
