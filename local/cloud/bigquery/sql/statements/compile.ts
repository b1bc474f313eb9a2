/** One parsed statement to what the control plane runs: the table of contents of all statements. */
import { unsupported } from '../refusal.ts'
import type { StatementSyntax } from '../parse/statement-syntax.ts'
import type { Translation } from '../resolve/translation.ts'
import type { ParsedStatement, Statement } from '../types.ts'
import { compileDdl } from './ddl.ts'
import { deleteFrom, insertInto, targetOf, updateTable } from './dml.ts'
import { compileLoad } from './load.ts'
import { mergeInto } from './merge.ts'
import { compileCreateFunction, compileCreateProcedure } from './routines.ts'
import { readOptions } from './options.ts'
import { outputOf, rootEnv, verifyTypes, type Output } from './outcome.ts'
import { compileAssert, compileVariables } from './variables.ts'

/** Resolves with the touches of the outermost level made. */
function settled<T>(translation: Translation, resolve: () => T): T {
  const { result, touches } = translation.collect(resolve)
  for (const touch of touches) touch()
  return result
}

/** What must hold before the statement runs comes first. */
const withChecks = (translation: Translation, duckdb: readonly string[]): string[] => [
  ...translation.checks,
  ...duckdb,
]

export async function compileStatement(
  syntax: StatementSyntax,
  parsed: ParsedStatement,
  translation: Translation,
): Promise<Statement> {
  const env = rootEnv(translation)
  const type = parsed.type === 'DECLARE' || parsed.type === 'SET' ? 'SELECT' : parsed.type
  const facts = () => ({
    type,
    text: parsed.text,
    references: translation.references,
    reads: translation.reads,
  })
  const checked = (output: Output) => verifyTypes(output, translation.context.describe)
  const dml = (path: readonly string[], write: () => string[]): Statement => {
    const duckdb = settled(translation, write)
    return { ...facts(), target: path, duckdb: withChecks(translation, duckdb) }
  }
  switch (syntax.kind) {
    case 'query': {
      const output = await checked(settled(translation, () => outputOf(syntax.query, env)))
      return { ...facts(), duckdb: withChecks(translation, [output.sql]), schema: output.schema }
    }
    case 'insert':
      return dml(syntax.path, () => insertInto(syntax, env))
    case 'update':
      return dml(syntax.path, () => updateTable(syntax, env))
    case 'delete':
      return dml(syntax.path, () => deleteFrom(syntax, env))
    case 'merge':
      return dml(syntax.path, () => mergeInto(syntax, env))
    case 'truncate':
      return dml(syntax.path, () => [
        `DELETE FROM ${targetOf(syntax.path, undefined, env, syntax.at, false).resolved.relation}`,
      ])
    case 'assert':
      return {
        ...facts(),
        duckdb: withChecks(
          translation,
          settled(translation, () => compileAssert(syntax, env)),
        ),
      }
    case 'declare':
    case 'set': {
      const output = await checked(settled(translation, () => compileVariables(syntax, env)))
      return { ...facts(), duckdb: withChecks(translation, [output.sql]), schema: output.schema }
    }
    case 'load':
      return { ...facts(), ...settled(translation, () => compileLoad(syntax, env)), duckdb: [] }
    case 'export': {
      const { options, query } = syntax
      const output = await checked(settled(translation, () => outputOf(query, env)))
      return {
        ...facts(),
        exporting: readOptions(options, translation.context.nowMicros),
        duckdb: withChecks(translation, [output.sql]),
        schema: output.schema,
      }
    }
    case 'grant': {
      const { path, what, roles, members } = syntax
      return { ...facts(), target: path, grant: { what, roles, members }, duckdb: [] }
    }
    case 'createFunction':
      return { ...facts(), ...settled(translation, () => compileCreateFunction(syntax, env)), duckdb: [] }
    case 'createProcedure':
      return { ...facts(), ...compileCreateProcedure(syntax, env), duckdb: [] }
    case 'createTable':
    case 'createExternal':
    case 'createView':
    case 'createSchema':
    case 'drop':
    case 'alter': {
      const { output, ...rest } = settled(translation, () => compileDdl(syntax, env))
      const verified = output ? await checked(output) : undefined
      if (syntax.kind === 'createView' && translation.checks.length > 0)
        throw unsupported('FOR SYSTEM_TIME AS OF in a view', syntax.at)
      return {
        ...facts(),
        ...rest,
        duckdb: verified ? withChecks(translation, [verified.sql]) : [],
        ...(verified ? { schema: verified.schema } : {}),
      }
    }
    default:
      throw unsupported('This statement')
  }
}
