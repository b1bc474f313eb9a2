/** Expressions and queries hold each other: whoever is below both goes back in through its Env. */
import type { Expression, Query } from '../parse/syntax.ts'
import type { Value } from '../values/value.ts'
import type { Env, QueryResult } from './scope.ts'

export const resolveExpression = (expression: Expression, env: Env): Value =>
  env.recursion.expression(expression, env)

export const resolveQuery = (query: Query, env: Env): QueryResult => env.recursion.query(query, env)
