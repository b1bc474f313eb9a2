/**
 * Turns the official parser's tokens into values, evaluating expressions on the way; it refuses `${{ insert
 * }}`.
 */
import type {
  BasicExpressionToken,
  MappingToken,
  ScalarToken,
  SequenceToken,
  TemplateToken,
} from '@actions/workflow-parser/templates/tokens/index'
import { evaluate, ExpressionError, toText } from './expressions.ts'
import type { Scope, Value } from './expressions.ts'

export type Token = TemplateToken

/** Numbers of the parser's own `TokenType`. */
const KIND = {
  string: 0,
  sequence: 1,
  mapping: 2,
  expression: 3,
  insert: 4,
  boolean: 5,
  number: 6,
  null: 7,
} as const

export const isMappingToken = (token: Token | undefined): token is MappingToken =>
  token?.templateTokenType === KIND.mapping
export const isSequenceToken = (token: Token | undefined): token is SequenceToken =>
  token?.templateTokenType === KIND.sequence

/** An expression, also one with text around it: the parser has made `format(…)` of that. */
export const isExpressionToken = (token: Token | undefined): token is BasicExpressionToken =>
  token?.templateTokenType === KIND.expression

export const child = (token: Token | undefined, key: string): Token | undefined =>
  isMappingToken(token) ? token.find(key) : undefined

export const entries = (token: Token | undefined): { key: string; keyToken: Token; value: Token }[] => {
  if (!isMappingToken(token)) return []
  return [...iterate(token)].map(({ key, value }) => ({ key: key.toString(), keyToken: key, value }))
}
function* iterate(token: MappingToken): Generator<{ key: ScalarToken; value: Token }> {
  for (let index = 0; index < token.count; index++) yield token.get(index)
}

export const items = (token: Token | undefined): Token[] => {
  if (!isSequenceToken(token)) return []
  return Array.from({ length: token.count }, (_, index) => token.get(index))
}

export const lineOf = (token: Token | undefined): number => token?.line ?? 1

/** Literal text of a token, or undefined when it is absent or an expression. */
export const literal = (token: Token | undefined): string | undefined =>
  token && token.isScalar && !token.isExpression ? (token as ScalarToken).toString() : undefined

/** As written, with `$` where an expression stands: the parser has made `format('…', …)` of a text with expressions. */
export const textAround = (token: Token | undefined): string => {
  if (!isExpressionToken(token)) return literal(token) ?? ''
  const text = /^format\('((?:[^']|'')*)'/.exec(token.expression)?.[1] ?? '$'
  return text
    .replaceAll("''", "'")
    .replaceAll(/\{\{|\}\}|\{\d+\}/g, (sign) => (sign === '{{' ? '{' : sign === '}}' ? '}' : '$'))
}

export const valueOf = (token: Token | undefined, scope: Scope): Value => {
  if (!token) return undefined
  switch (token.templateTokenType) {
    case KIND.expression:
      return evaluate((token as BasicExpressionToken).expression, scope)
    case KIND.insert:
      throw new ExpressionError('${{ insert }} is not supported')
    case KIND.mapping:
      return Object.fromEntries(entries(token).map(({ key, value }) => [key, valueOf(value, scope)]))
    case KIND.sequence:
      return items(token).map((item) => valueOf(item, scope))
    case KIND.null:
      return null
    case KIND.boolean:
    case KIND.number:
      return (token as unknown as { value: boolean | number }).value
    default:
      return (token as unknown as { value: string }).value
  }
}

export const textOf = (token: Token | undefined, scope: Scope, where: string): string =>
  toText(valueOf(token, scope), where)

/** `env:` and `with:`: a mapping of texts, in order. */
export const textsOf = (token: Token | undefined, scope: Scope, where: string): Record<string, string> => {
  const value = valueOf(token, scope)
  if (value === undefined || value === null) return {}
  if (typeof value !== 'object' || Array.isArray(value))
    throw new ExpressionError(`${where}: a mapping is expected`)
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, toText(item, `${where}.${key}`)]),
  )
}
