/**
 * The language of the local BigQuery: scripts to statements, statements to DuckDB. Only what is in its
 * grammar and function table exists; it never runs anything itself.
 */
import { CloudError } from '../../kernel.ts'
import { tokenize } from './parse/lexer.ts'
import { parseStatements } from './parse/script-parser.ts'
import { explainBinderError } from './refusal-from-binder.ts'
import { keyOf, MissingName, Translation } from './resolve/translation.ts'
import { compileStatement } from './statements/compile.ts'
import { compileDefault } from './statements/defaults.ts'
import type { CompileContext, Compiler, ParsedStatement, Resolved, Statement } from './types.ts'

export async function createCompiler(): Promise<Compiler> {
  return {
    parseScript: (sql) => guarded(() => parseStatements(sql).map(({ parsed }) => parsed)),
    compileDefault: (field) => guarded(() => compileDefault(field, new Translation(nowhere, new Map()))),
    compile,
  }
}

/** A default sees no table, no variable and no parameter. */
const nowhere: CompileContext = {
  catalog: { resolve: () => Promise.reject(new Error('a default names no table')) },
  variables: new Map(),
  parameters: [],
  describe: () => Promise.resolve([]),
  nowMicros: 0n,
}

async function compile(parsed: ParsedStatement, context: CompileContext): Promise<Statement> {
  // Padding keeps the positions of the script in the messages of its statements.
  const text = '\n'.repeat(parsed.line - 1) + ' '.repeat((parsed.column ?? 1) - 1) + parsed.text
  const { syntax } = guarded(() => parseStatements(text, true)[0]!)
  const placeholders = tokenize(text)
    .filter((token) => token.kind === 'parameter' && token.value === '')
    .map((token) => token.start)
  const answers = new Map<string, Resolved>()
  for (;;) {
    const translation = new Translation(context, answers)
    translation.placeholders = placeholders
    try {
      return await compileStatement(syntax, parsed, translation)
    } catch (error) {
      if (error instanceof RangeError) throw tooComplex()
      if (!(error instanceof MissingName))
        throw error instanceof CloudError ? error : explainBinderError(error)
      answers.set(
        keyOf(error.path, error.via, error.purpose),
        await context.catalog.resolve(error.path, error.via, error.purpose),
      )
    }
  }
}

function guarded<T>(parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    if (error instanceof RangeError) throw tooComplex()
    throw error
  }
}

/** What the stack cannot hold. */
const tooComplex = (): CloudError =>
  new CloudError(400, 'invalidQuery', 'Query is too complex', { location: 'query' })
