/**
 * CREATE FUNCTION, TABLE FUNCTION and PROCEDURE as values. The body of a function is checked here, kept as text and
 * inlined at each call; that of a procedure is checked once it is one (`procedures.ts`).
 */
import { invalid } from '../refusal.ts'
import type { ArgumentSyntax, StatementSyntax } from '../parse/statement-syntax.ts'
import { checkBody } from '../resolve/routines.ts'
import type { Env } from '../resolve/scope.ts'
import type { RoutineBody, Statement } from '../types.ts'
import { fieldOf, typeFromSyntax } from '../values/gtype.ts'
import { readOptions } from './options.ts'

export function compileCreateFunction(
  syntax: StatementSyntax & { kind: 'createFunction' },
  env: Env,
): Partial<Statement> {
  if (syntax.orReplace && syntax.ifNotExists)
    throw invalid('CREATE FUNCTION cannot be both OR REPLACE and IF NOT EXISTS', syntax.at)
  const routine: RoutineBody = {
    kind: syntax.query ? 'TABLE' : syntax.isAggregate ? 'AGGREGATE' : 'SCALAR',
    arguments: syntax.args.map(argumentOf),
    body: syntax.text,
    ...(syntax.returns ? { returns: fieldOf('', typeFromSyntax(syntax.returns)) } : {}),
    ...(syntax.returnsTable
      ? { returnsTable: syntax.returnsTable.map(({ name, type }) => fieldOf(name, typeFromSyntax(type))) }
      : {}),
  }
  checkBody(routine, syntax.path.join('.'), env, syntax.at)
  return {
    target: syntax.path,
    routine,
    header: {
      orReplace: syntax.orReplace,
      ifNotExists: syntax.ifNotExists,
      options: readOptions(syntax.options, env.translation.context.nowMicros),
    },
  }
}

export function compileCreateProcedure(
  syntax: StatementSyntax & { kind: 'createProcedure' },
  env: Env,
): Partial<Statement> {
  if (syntax.orReplace && syntax.ifNotExists)
    throw invalid('CREATE PROCEDURE cannot be both OR REPLACE and IF NOT EXISTS', syntax.at)
  const { strict_mode: strict, ...options } = readOptions(syntax.options, env.translation.context.nowMicros)
  if (strict !== undefined && typeof strict !== 'boolean')
    throw invalid('The option strict_mode is a BOOL', syntax.at)
  return {
    target: syntax.path,
    routine: {
      kind: 'PROCEDURE',
      arguments: syntax.args.map(argumentOf),
      body: syntax.text,
      ...(strict === undefined ? {} : { isStrict: strict }),
    },
    header: { orReplace: syntax.orReplace, ifNotExists: syntax.ifNotExists, options },
  }
}

const argumentOf = ({ name, type, mode }: ArgumentSyntax): RoutineBody['arguments'][number] => ({
  name,
  ...(mode ? { mode } : {}),
  ...(type ? { field: fieldOf(name, typeFromSyntax(type)) } : {}),
})
