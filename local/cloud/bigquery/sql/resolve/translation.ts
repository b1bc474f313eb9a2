/**
 * What one statement's translation knows: answers of the catalog, tables read, fresh names. It never asks the
 * catalog itself; it says which name it misses.
 */
import type { CompileContext, Resolved, ResolvedRoutine, TableRead, TableReference, Via } from '../types.ts'
import type { Position } from '../refusal.ts'
import { quoteName } from '../values/gtype.ts'

export type Purpose = 'read' | 'write' | 'call'
export type Answer = Resolved | ResolvedRoutine

/** Thrown when a name is needed that the catalog has not answered yet: the compiler asks and starts over. */
export class MissingName extends Error {
  readonly path: readonly string[]
  readonly via: readonly Via[]
  readonly at: Position
  readonly purpose: Purpose
  constructor(path: readonly string[], via: readonly Via[], at: Position, purpose: Purpose) {
    super(`unresolved ${path.join('.')}`)
    this.path = path
    this.via = via
    this.at = at
    this.purpose = purpose
  }
}

export interface Read {
  readonly reference: TableReference
  readonly columns: Set<string>
  partitionPredicate?: string
  readonly partitionField?: string
  /** Of a CTE: what each place that names it leaves of the partitions, when all of them say so. */
  readonly uses: Read[]
}

/** BigQuery runs a CTE where it is named: the filter outside reaches in, and several places read what any of them wants. */
export function useOf(read: Read): Read {
  const use: Read = { ...read, columns: read.columns, partitionPredicate: undefined, uses: [] }
  read.uses.push(use)
  return use
}

function predicateOf({ partitionPredicate: own, uses }: Read): string | undefined {
  const outside = uses.map(predicateOf)
  const isPruned = outside.length > 0 && outside.every((predicate) => predicate !== undefined)
  const any = isPruned ? [...new Set(outside)].join(' OR ') : undefined
  return own !== undefined && any !== undefined ? `${own} AND (${any})` : (own ?? any)
}

export const keyOf = (path: readonly string[], via: readonly Via[], purpose: Purpose): string =>
  JSON.stringify([
    purpose,
    path,
    via.map((step) => [step.projectId, step.datasetId, step.tableId, step.isRoutine ?? false]),
  ])

export class Translation {
  readonly context: CompileContext
  readonly #answers: ReadonlyMap<string, Answer>
  readonly #references = new Map<string, TableReference>()
  readonly #reads: Read[] = []
  #names = 0
  /** Touches of the expression being resolved; a column is read only when what uses it is. */
  #touches: (() => void)[] = []
  constructor(context: CompileContext, answers: ReadonlyMap<string, Answer>) {
    this.context = context
    this.#answers = answers
  }

  resolve(
    path: readonly string[],
    via: readonly Via[],
    at: Position,
    purpose: 'read' | 'write' = 'read',
  ): Resolved {
    const answer = this.#answers.get(keyOf(path, via, purpose)) as Resolved | undefined
    if (!answer) throw new MissingName(path, via, at, purpose)
    const { projectId, datasetId, tableId } = answer.reference
    this.#references.set(`${projectId}.${datasetId}.${tableId}`, answer.reference)
    return answer
  }

  resolveRoutine(path: readonly string[], via: readonly Via[], at: Position): ResolvedRoutine {
    const answer = this.#answers.get(keyOf(path, via, 'call')) as ResolvedRoutine | undefined
    if (!answer) throw new MissingName(path, via, at, 'call')
    return answer
  }

  fresh(hint: string): string {
    return quoteName(`${hint.replace(/[^A-Za-z0-9_]/g, '_').slice(0, 40)}_${++this.#names}`)
  }

  /** DuckDB statements that fail when the statement must not run. */
  readonly checks: string[] = []

  read(reference: TableReference, partitionField?: string): Read {
    const read: Read = { reference, columns: new Set(), partitionField, uses: [] }
    this.#reads.push(read)
    return read
  }

  touch(mark: () => void): void {
    this.#touches.push(mark)
  }

  /** Runs `resolve` and hands back its touches instead of making them now. */
  collect<T>(resolve: () => T): { result: T; touches: (() => void)[] } {
    const outer = this.#touches
    this.#touches = []
    try {
      return { result: resolve(), touches: this.#touches }
    } finally {
      this.#touches = outer
    }
  }

  /** Which `?` this is: by its place in the text, asked in any order. */
  positionOf(offset: number): number {
    return this.placeholders.indexOf(offset)
  }
  /** Offsets of `?` in the statement's text, ascending; set by the compiler. */
  placeholders: readonly number[] = []

  get references(): TableReference[] {
    return [...this.#references.values()]
  }

  get reads(): TableRead[] {
    const merged = new Map<string, TableRead>()
    for (const read of this.#reads) {
      const key = JSON.stringify(read.reference)
      const before = merged.get(key)
      const columns = [...new Set([...(before ? (before.columns as string[]) : []), ...read.columns])].sort()
      const predicate = predicateOf(read)
      const predicates = before ? [before.partitionPredicate, predicate] : [predicate]
      const isPruned = predicates.every((predicate) => predicate !== undefined)
      merged.set(key, {
        reference: read.reference,
        columns,
        ...(isPruned ? { partitionPredicate: [...new Set(predicates)].join(' OR ') } : {}),
      })
    }
    return [...merged.values()]
  }
}

/** Touches happen once however often they are asked for. */
export function onceOnly(touches: readonly (() => void)[]): () => void {
  let isDone = false
  return () => {
    if (isDone) return
    isDone = true
    for (const touch of touches) touch()
  }
}
