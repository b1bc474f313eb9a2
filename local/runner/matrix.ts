/**
 * Turns `strategy` into the legs of a job as GitHub's MatrixBuilder does: cross product, exclude, include; it
 * refuses a matrix without a value.
 */
import { evaluate, ExpressionError, toText } from './expressions.ts'
import type { Contexts, Scope, Value } from './expressions.ts'
import { isExpressionToken, lineOf, textOf, valueOf } from './tokens.ts'
import type { WorkflowJob } from './workflow.ts'

type Mapping = Readonly<Record<string, Value>>

export interface Leg {
  /** Values of the matrix as GitHub puts them behind the name, such as `a, 2`; empty without a matrix. */
  readonly suffix: string
  /** `matrix` and `strategy` of the leg. */
  readonly contexts: { readonly matrix: Value; readonly strategy: Value }
}
export interface Legs {
  readonly isFailFast: boolean
  readonly legs: readonly Leg[]
}

/** docs.github.com "Usage limits": a matrix generates at most 256 jobs per workflow run. */
const legLimit = 256
/** JobNameBuilder. */
const longestName = 100

export const legsOf = (job: WorkflowJob, scope: Scope): Legs => {
  const strategy = valueOf(job.strategy, scope) ?? {}
  if (!isMapping(strategy)) throw mistake(job, 'strategy must be a mapping')
  const isFailFast = strategy['fail-fast'] ?? true
  if (typeof isFailFast !== 'boolean')
    throw mistake(job, `strategy.fail-fast: Unexpected value '${shown(isFailFast)}'; write true or false`)
  const given = strategy['max-parallel']
  if (given !== undefined && typeof given !== 'number')
    throw mistake(job, `strategy.max-parallel: Unexpected value '${shown(given)}'; write a number`)
  const combinations =
    strategy.matrix === undefined ? [{ named: {}, matrix: null }] : combine(job, strategy.matrix)
  if (combinations.length > legLimit)
    throw mistake(job, `the matrix has ${combinations.length} combinations; GitHub allows ${legLimit}`)
  const total = combinations.length
  return {
    isFailFast,
    legs: combinations.map(({ named, matrix }, index) => ({
      suffix: leaves(named).join(', '),
      contexts: {
        matrix,
        strategy: {
          'fail-fast': isFailFast,
          'job-index': index,
          'job-total': total,
          'max-parallel': given !== undefined && given > 0 ? given : total,
        },
      },
    })),
  }
}

/** A name with an expression says itself which leg it is; GitHub appends the values to any other. */
export const legName = (job: WorkflowJob, leg: Leg, contexts: Contexts): string => {
  if (job.name && isExpressionToken(job.name)) return textOf(job.name, { contexts }, 'name') || job.id
  const own = textOf(job.name, { contexts }, 'name') || job.id
  const name = leg.suffix === '' ? own : `${own} (${leg.suffix})`
  return name.length > longestName ? `${name.slice(0, longestName - 3)}...` : name
}

/** `named` is what the name is made of: include's extra values are not part of it. */
const combine = (job: WorkflowJob, matrix: Value): { named: Mapping; matrix: Mapping }[] => {
  if (!isMapping(matrix)) throw mistake(job, `strategy.matrix: a mapping is expected, not '${shown(matrix)}'`)
  const { include = [], exclude = [], ...vectors } = matrix
  const filters = filtersOf(job, 'include', include)
  const exclusions = filtersOf(job, 'exclude', exclude)
  for (const [name, values] of Object.entries(vectors)) {
    if (!isList(values))
      throw mistake(job, `strategy.matrix.${name}: a sequence is expected, not '${shown(values)}'`)
    if (values.length === 0) throw mistake(job, `Matrix vector '${name}' does not contain any values`)
  }
  if (Object.keys(vectors).length === 0 && filters.length === 0)
    throw mistake(job, 'Matrix must define at least one vector')
  for (const filter of exclusions) {
    const unknown = Object.keys(filter).find((key) => !Object.hasOwn(vectors, key))
    if (unknown !== undefined)
      throw mistake(job, `Matrix exclude key '${unknown}' does not match any key within the matrix`)
  }
  const split = filters.map((filter) => ({
    match: pick(filter, (key) => Object.hasOwn(vectors, key)),
    extra: pick(filter, (key) => !Object.hasOwn(vectors, key)),
    isUsed: false,
  }))
  const found: { named: Mapping; matrix: Mapping }[] = []
  for (const product of crossProduct(job, vectors as Readonly<Record<string, readonly Value[]>>)) {
    if (exclusions.some((filter) => matches(filter, product))) continue
    const extra: Record<string, Value> = {}
    for (const filter of split) {
      if (!matches(filter.match, product)) continue
      filter.isUsed = true
      Object.assign(extra, filter.extra)
    }
    found.push({ named: product, matrix: { ...product, ...extra } })
  }
  for (const { match, extra, isUsed } of split)
    if (!isUsed) found.push({ named: { ...match, ...extra }, matrix: { ...match, ...extra } })
  return found
}

const crossProduct = (job: WorkflowJob, vectors: Readonly<Record<string, readonly Value[]>>): Mapping[] => {
  const names = Object.keys(vectors)
  if (names.length === 0) return []
  const size = names.reduce((product, name) => product * (vectors[name]?.length ?? 0), 1)
  // Stopped before it is built: exclude cannot bring a million combinations back below the limit in a file
  // anyone means.
  if (size > legLimit * legLimit)
    throw mistake(job, `the matrix has ${size} combinations; GitHub allows ${legLimit}`)
  return names.reduce<Mapping[]>(
    (rows, name) => rows.flatMap((row) => (vectors[name] ?? []).map((value) => ({ ...row, [name]: value }))),
    [{}],
  )
}

const filtersOf = (job: WorkflowJob, which: string, value: Value): Mapping[] => {
  if (!isList(value))
    throw mistake(job, `strategy.matrix.${which}: a sequence is expected, not '${shown(value)}'`)
  return value.map((item) => {
    if (!isMapping(item) || Object.keys(item).length === 0)
      throw mistake(job, `strategy.matrix.${which}: each item must be a mapping with at least one value`)
    return item
  })
}

/** Every leaf of the filter must equal the value at its place, as `==` of expressions sees it. */
const matches = (filter: Value, value: Value): boolean => {
  if (isMapping(filter))
    return Object.entries(filter).every(([key, item]) => matches(item, isMapping(value) ? value[key] : null))
  if (isList(filter)) return filter.every((item, index) => matches(item, isList(value) ? value[index] : null))
  return evaluate('a == b', { contexts: { a: filter, b: value ?? null } }) === true
}

const leaves = (value: Value): string[] => {
  if (isMapping(value)) return Object.values(value).flatMap(leaves)
  if (isList(value)) return value.flatMap(leaves)
  const text = value === null || value === undefined ? '' : toText(value, 'matrix')
  return text === '' ? [] : [text]
}

const pick = (mapping: Mapping, wants: (key: string) => boolean): Mapping =>
  Object.fromEntries(Object.entries(mapping).filter(([key]) => wants(key)))
const isList = (value: Value): value is readonly Value[] => Array.isArray(value)
const isMapping = (value: Value): value is Mapping =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const shown = (value: Value): string => (typeof value === 'string' ? value : JSON.stringify(value))
const mistake = (job: WorkflowJob, message: string): ExpressionError =>
  new ExpressionError(
    `Error when evaluating 'strategy' for job '${job.id}' (Line: ${lineOf(job.strategy)}): ${message}`,
  )
