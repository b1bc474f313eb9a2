/**
 * Puts what a query waits for before it, as BigQuery will see it once it is there: views as queries, functions as
 * temporary ones. It asks nothing.
 */
import { nameKey, type TableName } from '../../_shared/dataset.ts'
import type { Candidate } from './candidate.ts'
import { callWithNulls, isTemplate, spelledArguments, spelledJavaScript, spelledType } from './routine.ts'
import { readInstead, splitRecursive, WITH } from './sql.ts'

export interface WaitingText {
  readonly text: string
  /** Lines before the first one of the query itself. */
  readonly linesBefore: number
  readonly isWaiting: boolean
  /** Functions stand before the query, or around it: then it is no query that could be made a view. */
  readonly hasFunctions: boolean
}

const linesOf = (text: string): number => text.split('\n').length - 1

function asking(routine: NonNullable<Candidate['definition']['routine']>, name: string): string {
  // What a function of ANY TYPE gives is known at its call only.
  if (isTemplate(routine)) return 'SELECT 1 AS result'
  const call = callWithNulls(name, routine)
  return routine.kind === 'TABLE_VALUED_FUNCTION'
    ? `SELECT * FROM UNNEST(${call})`
    : `SELECT ${call} AS result`
}

/** Whether a view that is waiting begins with WITH RECURSIVE, at any distance. */
const readsRecursive = (
  references: readonly TableName[],
  waiting: ReadonlyMap<string, Candidate>,
  view: Candidate,
): boolean =>
  references.some((reference) => {
    const before = waiting.get(nameKey(reference))
    if (before === undefined || before === view || before.definition.routine !== undefined) return false
    return (
      WITH.exec(before.definition.query)?.[1] !== undefined ||
      readsRecursive(before.references, waiting, view)
    )
  })

/** @param waiting by key: those that are not there yet, or will change. */
export function withWaiting(
  view: Candidate,
  waiting: ReadonlyMap<string, Candidate>,
  projectId: string,
): WaitingText {
  const names = new Map<string, string>()
  const tables = new Set<string>()
  const functions: string[] = []
  const instead = (sql: string): string => readInstead(sql, projectId, names, tables)

  /** Functions first, whatever they are called from; queries are put before each text that reads them. */
  const nameAll = (references: readonly TableName[]): void => {
    for (const reference of references) {
      const key = nameKey(reference)
      const before = waiting.get(key)
      if (before === undefined || names.has(key) || before === view) continue
      nameAll(before.references)
      const { routine } = before.definition
      const what = routine === undefined ? 'view' : 'function'
      names.set(key, `waiting_${what}_${names.size + 1}`)
      if (routine?.kind === 'TABLE_VALUED_FUNCTION') tables.add(key)
      if (what === 'function') functions.push(temporary(before, names.get(key)!).text)
    }
  }
  const queriesFor = (references: readonly TableName[], seen = new Set<string>()): string[] =>
    references.flatMap((reference) => {
      const key = nameKey(reference)
      const before = waiting.get(key)
      if (before === undefined || before === view || seen.has(key) || before.definition.routine !== undefined)
        return []
      seen.add(key)
      const text = instead(before.definition.query)
      // BigQuery takes WITH RECURSIVE at the top only: its queries stand beside the one they belong to.
      const recursive = splitRecursive(text, `${names.get(key)}_`)
      return [
        ...queriesFor(before.references, seen),
        ...(recursive?.queries ?? []),
        `${names.get(key)} AS (\n${recursive?.rest ?? text}\n)`,
      ]
    })

  /** A query with those it reads before it. */
  function query({ definition, references }: Candidate): { text: string; linesBefore: number } {
    const text = instead(definition.query)
    const parts = queriesFor(references)
    if (parts.length === 0) return { text, linesBefore: 0 }
    const own = WITH.exec(text)
    const isRecursive = own?.[1] !== undefined || readsRecursive(references, waiting, view)
    const head = `WITH ${isRecursive ? 'RECURSIVE ' : ''}${parts.join(', ')}${own === null ? '' : ','}\n`
    // What is cut off keeps its lines.
    const rest = own === null ? text : `${'\n'.repeat(linesOf(own[0]))}${text.slice(own[0].length)}`
    return { text: `${head}${rest}`, linesBefore: linesOf(head) }
  }
  /** A table function gives its rows as an array: none that is temporary gives a table. */
  function temporary(candidate: Candidate, name: string): { text: string; linesBefore: number } {
    const routine = candidate.definition.routine!
    if (routine.language !== undefined) {
      const text = `CREATE TEMP FUNCTION ${name}(${spelledArguments(routine)})${spelledJavaScript(routine, candidate.definition.query)};\n`
      return { text, linesBefore: 0 }
    }
    let head = `CREATE TEMP FUNCTION ${name}(${spelledArguments(routine)})`
    let inside: { text: string; linesBefore: number }
    let tail = '\n);\n'
    if (routine.kind === 'TABLE_VALUED_FUNCTION') {
      head += ' AS (ARRAY(SELECT AS STRUCT * FROM (\n'
      inside = query(candidate)
      tail = '\n)));\n'
    } else {
      if (routine.returnType !== undefined) head += ` RETURNS ${spelledType(routine.returnType)}`
      const parts = queriesFor(candidate.references)
      const before = parts.length === 0 ? '' : `(WITH ${parts.join(', ')} SELECT (\n`
      head += ` AS (\n${before}`
      inside = { text: instead(candidate.definition.query), linesBefore: 0 }
      if (before !== '') tail = `\n))${tail}`
    }
    return { text: `${head}${inside.text}${tail}`, linesBefore: linesOf(head) + inside.linesBefore }
  }

  nameAll(view.references)
  const isWaiting = names.size > 0
  const before = functions.join('')
  const { routine } = view.definition
  if (routine === undefined) {
    const { text, linesBefore } = query(view)
    const hasFunctions = functions.length > 0
    return { text: `${before}${text}`, linesBefore: linesOf(before) + linesBefore, isWaiting, hasFunctions }
  }
  const own = temporary(view, 'this_function')
  return {
    text: `${before}${own.text}${asking(routine, 'this_function')}`,
    linesBefore: linesOf(before) + own.linesBefore,
    isWaiting,
    hasFunctions: true,
  }
}
