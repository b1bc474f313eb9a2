/**
 * The sources of spark/tables/sources, and a person's own, as far as the demo must know them: which kind of file,
 * which names to look for, where the time is. It refuses to judge rows: that is Spark's.
 */
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { UsageError } from '../usage-error.ts'

export type Kind = 'csv' | 'ndjson' | 'parquet' | 'avro'
const KINDS = ['csv', 'ndjson', 'parquet', 'avro'] as const

export interface EventSource {
  readonly name: string
  /** Of files: csv alone, or what holds objects with names. */
  readonly kinds: readonly Kind[]
  readonly delimiter: string
  readonly encoding: string
  readonly isCaseIgnored: boolean
  /** Of csv: the columns a header must have. Of objects: the names one must have. */
  readonly needed: readonly string[]
  /** A column, or the names on the way to the value. */
  readonly timeAt: readonly string[]
  readonly timeUnit: 's' | 'ms' | 'us' | 'iso'
}
export interface ChosenSource {
  readonly source: EventSource
  /** A person's own, to be put where the job can read it. */
  readonly file?: string
}

/** In the order in which the job asks them. */
export const SHIPPED = ['retailrocket', 'ga4', 'events'] as const

export const shippedSources = (repositoryRoot: string): Promise<EventSource[]> =>
  Promise.all(
    SHIPPED.map((name) => readSource(join(repositoryRoot, 'spark/tables/sources', `${name}.json`), name)),
  )

/** As the job's `--source`: the name of a shipped one, or a file with a / in its name or .json at its end. */
export const chooseSource = async (given: string, shipped: readonly EventSource[]): Promise<ChosenSource> => {
  if (given.includes('/') || given.endsWith('.json'))
    return { source: await readSource(given, `--source ${given}`), file: given }
  const source = shipped.find(({ name }) => name === given)
  if (source !== undefined) return { source }
  throw new UsageError(
    `--source ${given}: no such source; shipped are ${shipped.map(({ name }) => name).join(', ')}; the name of a file has a / or ends in .json.`,
  )
}

const readSource = async (path: string, what: string): Promise<EventSource> => {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(
      `${what}: ${error.code === 'ENOENT' ? 'there is no such file' : `cannot be read (${error.code ?? error.message})`}.`,
    )
  })
  let whole: unknown
  try {
    whole = JSON.parse(text)
  } catch (error) {
    throw new UsageError(`${what}: this is not JSON: ${(error as Error).message.split('\n')[0]}.`)
  }
  const found = sourceOf(whole)
  if (typeof found === 'string')
    throw new UsageError(`${what}: ${found}; docs/contract.md says what a source is (${basename(path)}).`)
  return found
}

const sourceOf = (whole: unknown): EventSource | string => {
  const { name, format, fields } = objectOf(whole)
  const { type, delimiter = ',', encoding = 'UTF-8', header } = objectOf(format)
  if (typeof name !== 'string') return 'a source needs a name'
  const kinds = KINDS.filter((kind) => [type].flat().includes(kind))
  if (kinds.length === 0) return `its format must have a type: ${KINDS.join(', ')}`
  const isCsv = kinds[0] === 'csv'
  const pathsOf = (field: unknown): string[] =>
    [objectOf(field).from].flat().filter((path) => typeof path === 'string')
  const byName = objectOf(fields)
  for (const field of ['event_ts', 'visitor_id', 'event_type'])
    if (pathsOf(byName[field]).length === 0) return `its fields must say from what ${field} is`
  const timeUnit = objectOf(byName.event_ts).unit as EventSource['timeUnit']
  if (!['s', 'ms', 'us', 'iso'].includes(timeUnit)) return 'event_ts needs a unit: s, ms, us or iso'
  const first = (field: string): string => pathsOf(byName[field])[0] ?? ''
  const isCaseIgnored = header === 'ignore_case'
  const asWritten = (column: string): string => (isCaseIgnored ? column.toLowerCase() : column)
  return {
    name,
    kinds,
    delimiter: String(delimiter),
    encoding: String(encoding),
    isCaseIgnored,
    needed: isCsv
      ? Object.keys(byName).map((field) => asWritten(first(field)))
      : [...new Set(['event_ts', 'event_type'].map((field) => namesOf(first(field))[0] ?? ''))],
    timeAt: isCsv ? [asWritten(first('event_ts'))] : namesOf(first('event_ts')),
    timeUnit,
  }
}

/** `$.a.b` is a, b. */
const namesOf = (path: string): string[] => path.split('.').slice(1)

const objectOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
