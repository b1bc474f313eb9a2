/**
 * Evaluates GitHub expressions with the official package, adding the functions only a runner knows; it
 * refuses a list or mapping where text is wanted.
 */
import { Evaluator, Lexer, Parser, data, wellKnownFunctions } from '@actions/expressions'
import type { FunctionDefinition } from '@actions/expressions/funcs/info'

export type Value =
  string | number | boolean | null | undefined | readonly Value[] | { readonly [key: string]: Value }
export type Contexts = Readonly<Record<string, Value>>

/**
 * What `success()` and its siblings answer here; names are the jobs given to `success('a')` in a job's
 * condition.
 */
export interface Status {
  readonly success: (names: readonly string[]) => boolean
  readonly failure: (names: readonly string[]) => boolean
  readonly cancelled: () => boolean
}
export interface Scope {
  readonly contexts: Contexts
  readonly status?: Status
  readonly hashFiles?: (patterns: readonly string[]) => string
}

export class ExpressionError extends Error {
  override name = 'ExpressionError'
}

export const evaluate = (expression: string, scope: Scope): Value => {
  const functions = runnerFunctions(scope)
  try {
    const tokens = new Lexer(expression).lex().tokens.map(unescapeQuotes)
    const tree = new Parser(tokens, Object.keys(scope.contexts), [
      ...Object.values(wellKnownFunctions),
      ...functions,
    ]).parse()
    const known = new Map(functions.map((definition) => [definition.name, definition]))
    return fromData(new Evaluator(tree, toData(scope.contexts) as data.Dictionary, known).evaluate())
  } catch (error) {
    throw new ExpressionError(`evaluating \`${expression}\`: ${(error as Error).message}`, { cause: error })
  }
}

/** Text as GitHub writes it: null is empty, true is `true`, a whole number has no fraction. */
export const toText = (value: Value, where: string): string => {
  const converted = toData(value)
  if (!converted.primitive)
    throw new ExpressionError(
      `${where}: ${Array.isArray(value) ? 'a sequence' : 'a mapping'} was not expected`,
    )
  return converted.coerceString()
}

export const isTruthy = (value: Value): boolean =>
  !(
    value === undefined ||
    value === null ||
    value === false ||
    value === '' ||
    value === 0 ||
    Number.isNaN(value)
  )

/**
 * The package (0.3.61) undoubles only the first quote of a text, which corrupts every script with two quotes
 * and an expression.
 */
const unescapeQuotes = <Token extends { lexeme: string; value?: unknown }>(token: Token): Token =>
  typeof token.value === 'string' && token.lexeme.startsWith("'")
    ? { ...token, value: token.lexeme.slice(1, -1).replaceAll("''", "'") }
    : token

const runnerFunctions = (scope: Scope): FunctionDefinition[] => {
  const functions: FunctionDefinition[] = []
  const { status, hashFiles } = scope
  if (status) {
    functions.push(
      define('success', 0, (names) => status.success(names)),
      define('failure', 0, (names) => status.failure(names)),
      define('cancelled', 0, () => status.cancelled(), 0),
      define('always', 0, () => true, 0),
    )
  }
  if (hashFiles) functions.push(define('hashfiles', 1, (patterns) => hashFiles(patterns)))
  return functions
}

const define = (
  name: string,
  minArgs: number,
  answer: (given: string[]) => boolean | string,
  maxArgs = 255,
): FunctionDefinition => ({
  name,
  minArgs,
  maxArgs,
  call: (...given) => toData(answer(given.map((item) => item.coerceString()))),
})

const toData = (value: Value): data.ExpressionData => {
  if (value === null || value === undefined) return new data.Null()
  if (typeof value === 'string') return new data.StringData(value)
  if (typeof value === 'number') return new data.NumberData(value)
  if (typeof value === 'boolean') return new data.BooleanData(value)
  if (isList(value)) return new data.Array(...value.map(toData))
  // The package keeps its keys in a plain object, where an output called `constructor` would be taken for
  // present.
  const dictionary = new data.Dictionary()
  Object.assign(dictionary, { indexMap: Object.create(null) as object })
  for (const [key, item] of Object.entries(value)) dictionary.add(key, toData(item))
  return dictionary
}
const isList = (value: Value): value is readonly Value[] => Array.isArray(value)

const fromData = (value: data.ExpressionData): Value => {
  if (value === undefined || value instanceof data.Null) return null
  if (value instanceof data.StringData || value instanceof data.BooleanData) return value.value
  if (value instanceof data.NumberData) return value.number()
  if (value instanceof data.Dictionary)
    return Object.fromEntries(value.pairs().map((pair) => [pair.key, fromData(pair.value)]))
  return value.values().map(fromData)
}
