/**
 * Hive partition keys in object names (`event_date=2015-05-03/`): their columns and, per file, their values.
 */
import { legacyTypeName } from '../engine/data-types.ts'
import { quoteText } from '../engine/names.ts'
import { invalid } from '../engine/refusals.ts'
import { text, type Body } from '../engine/request-body.ts'
import type { FieldSchema } from '../sql/types.ts'
import type { SourceFile } from './sources.ts'

export interface HiveColumns {
  readonly columns: readonly FieldSchema[]
  readonly valuesOf: (file: SourceFile) => readonly string[]
}

export function readHive(
  options: Body | undefined,
  files: readonly SourceFile[],
  declared: readonly FieldSchema[] = [],
): HiveColumns | undefined {
  if (!options) return undefined
  const mode = (text(options, 'mode') ?? 'AUTO').toUpperCase()
  const given = text(options, 'sourceUriPrefix')
  if (given === undefined) throw invalid('hivePartitioningOptions.sourceUriPrefix is required.')
  const custom = [...given.matchAll(/\{([A-Za-z_][\w]*):([A-Za-z0-9_]+)\}/g)].map((match) => ({
    name: match[1]!,
    type: legacyTypeName(match[2]!),
  }))
  const prefix = (given.includes('{') ? given.slice(0, given.indexOf('{')) : given).replace(/\/*$/, '/')
  const keysOf = (file: SourceFile): [string, string][] => {
    if (!file.uri.startsWith(prefix))
      throw invalid(`The source URI ${file.uri} does not begin with sourceUriPrefix ${prefix}.`)
    return file.uri
      .slice(prefix.length)
      .split('/')
      .slice(0, -1)
      .map((segment) => {
        const at = segment.indexOf('=')
        if (at <= 0) throw invalid(`Hive partition key missing in ${file.uri} (segment ${segment}).`)
        return [segment.slice(0, at), decoded(segment.slice(at + 1), `${file.uri} (segment ${segment})`)]
      })
  }
  const first = files[0]
  if (!first) return undefined
  const names = keysOf(first).map(([name]) => name)
  for (const file of files)
    if (
      keysOf(file)
        .map(([name]) => name)
        .join('/') !== names.join('/')
    )
      throw invalid(`Hive partition keys differ between files: ${first.uri} and ${file.uri}.`)
  const columns = names.map((name, index): FieldSchema => {
    const known = declared.find((field) => field.name.toLowerCase() === name.toLowerCase()) ?? custom[index]
    const values = files.map((file) => keysOf(file)[index]![1])
    return {
      name,
      mode: 'NULLABLE',
      type: known ? legacyTypeName(known.type) : mode === 'STRINGS' ? 'STRING' : inferType(values),
    }
  })
  return { columns, valuesOf: (file) => keysOf(file).map(([, value]) => value) }
}

function decoded(value: string, where: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    throw invalid(`The hive partition value in ${where} is not valid percent-encoding.`)
  }
}

function inferType(values: readonly string[]): string {
  const real = values.filter((value) => value !== '__HIVE_DEFAULT_PARTITION__')
  if (real.every((value) => /^[+-]?\d{1,18}$/.test(value))) return 'INTEGER'
  if (real.every((value) => /^\d{4}-\d{2}-\d{2}$/.test(value))) return 'DATE'
  if (real.every((value) => /^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}/.test(value))) return 'TIMESTAMP'
  return 'STRING'
}

const duckdbNames: Readonly<Record<string, string>> = {
  INTEGER: 'BIGINT',
  DATE: 'DATE',
  TIMESTAMP: 'TIMESTAMPTZ',
  STRING: 'VARCHAR',
  FLOAT: 'DOUBLE',
  NUMERIC: 'DECIMAL(38,9)',
  DATETIME: 'TIMESTAMP',
  BOOLEAN: 'BOOLEAN',
}

export function hiveLiteral(value: string, field: FieldSchema): string {
  const type = duckdbNames[field.type]
  if (!type) throw invalid(`Hive partition column ${field.name} cannot be of type ${field.type}.`)
  return value === '__HIVE_DEFAULT_PARTITION__'
    ? `CAST(NULL AS ${type})`
    : `CAST(${quoteText(value)} AS ${type})`
}
