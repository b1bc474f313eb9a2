/**
 * The language of the local BigQuery: scripts to statements, statements to DuckDB. Only what is in its
 * grammar and function table exists; it never runs anything itself.
 */
import { CloudError } from '../../kernel.ts'
import { parseProgram, syntaxOf } from './parse/script-parser.ts'
import { checkBody } from './resolve/routines.ts'
import { keyOf, MissingName, Translation, type Answer } from './resolve/translation.ts'
import { compileStatement } from './statements/compile.ts'
import { compileDefault } from './statements/defaults.ts'
import { rootEnv } from './statements/outcome.ts'
import { checkProcedure } from './statements/procedures.ts'
import type {
  CompileContext,
  Compiler,
  FieldSchema,
  ParsedStatement,
  RoutineBody,
  ScriptNode,
  Statement,
} from './types.ts'
import { unsupported } from './refusal.ts'
import { fieldOf } from './values/gtype.ts'

export async function createCompiler(): Promise<Compiler> {
  return {
    parseScript: (sql) => guarded(() => parseProgram(sql).map(onlyStatement)),
    parseProgram: (sql) => guarded(() => parseProgram(sql)),
    compileDefault: (field) => guarded(() => compileDefault(field, new Translation(nowhere, new Map()))),
    checkRoutine,
    compile,
  }
}

/** A default sees no table, no variable and no parameter. */
const nowhere: CompileContext = {
  catalog: {
    resolve: () => Promise.reject(new Error('a default names no table')),
    resolveRoutine: () => Promise.reject(new Error('a default calls no routine')),
  },
  variables: new Map(),
  parameters: [],
  describe: () => Promise.resolve([]),
  email: '',
  nowMicros: 0n,
}

/** Resolves again until no name is missing; the catalog is asked between the rounds. */
async function withAnswers<T>(
  context: CompileContext,
  work: (translation: Translation) => T | Promise<T>,
): Promise<T> {
  const answers = new Map<string, Answer>()
  for (;;) {
    try {
      return await work(new Translation(context, answers))
    } catch (error) {
      if (error instanceof RangeError) throw tooComplex()
      if (!(error instanceof MissingName)) throw error
      const { path, via, purpose } = error
      answers.set(
        keyOf(path, via, purpose),
        purpose === 'call'
          ? await context.catalog.resolveRoutine(path, via)
          : await context.catalog.resolve(path, via, purpose),
      )
    }
  }
}

const start = { line: 1, column: 1 }

async function checkRoutine(routine: RoutineBody, context: CompileContext): Promise<readonly FieldSchema[]> {
  if (routine.kind === 'PROCEDURE') {
    await checkProcedure(routine, context, compile)
    return []
  }
  return withAnswers(context, (translation) => {
    const made = checkBody(routine, 'the routine', rootEnv(translation), start)
    return (made?.visible ?? []).map((column) => fieldOf(column.name, column.type))
  })
}

async function compile(parsed: ParsedStatement, context: CompileContext): Promise<Statement> {
  const { syntax, placeholders } = guarded(() => syntaxOf(parsed))
  const statement = await withAnswers(context, (translation) => {
    translation.placeholders = placeholders
    return compileStatement(syntax, parsed, translation)
  })
  if (statement.routine?.kind === 'PROCEDURE') await checkProcedure(statement.routine, context, compile)
  return statement
}

function onlyStatement(node: ScriptNode): ParsedStatement {
  if (node.kind !== 'statement') throw unsupported('Control flow here')
  return node.parsed
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
