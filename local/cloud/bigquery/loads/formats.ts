/**
 * One SELECT per file format that gives a file's rows in a known schema; formats and options outside the list
 * are refused.
 */
import { duckdbType, legacyTypeName } from '../engine/data-types.ts'
import type { Session } from '../engine/database.ts'
import { quoteName, quoteText } from '../engine/names.ts'
import { invalid } from '../engine/refusals.ts'
import type { FieldSchema } from '../sql/types.ts'
import type { LoadConfig } from './load-config.ts'
import { fieldOfDuckdb, parquetSchema } from './parquet-schema.ts'
import type { LinkedFile } from './sources.ts'
import { parseText } from './text-values.ts'

export interface FormatReader {
  /** The columns the files themselves tell, where they do (Parquet, autodetect). */
  readonly ownSchema: () => Promise<FieldSchema[] | undefined>
  /** Rows of one file as a SELECT of exactly these columns. */
  readonly select: (
    file: LinkedFile,
    schema: readonly FieldSchema[],
    skip: ReadonlySet<string>,
  ) => Promise<string>
}

export function createReader(
  session: Session,
  config: LoadConfig,
  files: readonly LinkedFile[],
): FormatReader {
  switch (config.sourceFormat) {
    case 'PARQUET':
      return parquetReader(session, config, files)
    case 'CSV':
      return csvReader(session, config, files)
    case 'NEWLINE_DELIMITED_JSON':
      return jsonReader(session, config, files)
  }
}

function parquetReader(session: Session, config: LoadConfig, files: readonly LinkedFile[]): FormatReader {
  const schemas = new Map<string, FieldSchema[]>()
  const schemaOf = async (file: LinkedFile): Promise<FieldSchema[]> => {
    const known =
      schemas.get(file.linked) ?? (await parquetSchema(session, file.linked, config.isListInference))
    schemas.set(file.linked, known)
    return known
  }
  return {
    ownSchema: async () => {
      const merged = new Map<string, FieldSchema>()
      for (const file of files)
        for (const field of await schemaOf(file))
          if (!merged.has(field.name.toLowerCase())) merged.set(field.name.toLowerCase(), field)
      return [...merged.values()]
    },
    select: async (file, schema) => {
      const own = new Map((await schemaOf(file)).map((field) => [field.name.toLowerCase(), field]))
      const wanted = new Set(schema.map((field) => field.name.toLowerCase()))
      const columns = schema.map((field) => {
        const found = own.get(field.name.toLowerCase())
        if (!found) return `CAST(NULL AS ${duckdbType(field)}) AS ${quoteName(field.name)}`
        if (legacyTypeName(found.type) !== legacyTypeName(field.type))
          throw invalid(
            `Error while reading data, error message: Parquet column '${field.name}' has type ${found.type} which does not match the target type ${field.type}.`,
          )
        return `CAST(${quoteName(found.name)} AS ${duckdbType(field)}) AS ${quoteName(field.name)}`
      })
      const stranger = [...own.values()].find((field) => !wanted.has(field.name.toLowerCase()))
      if (stranger && !config.ignoreUnknownValues)
        throw invalid(
          `Error while reading data, error message: Parquet column '${stranger.name}' is not in the table's schema.`,
        )
      return `SELECT ${columns.join(', ')} FROM read_parquet(${quoteText(file.linked)}, hive_partitioning = false)`
    },
  }
}

/** BigQuery's rule: the first row holds text only and the others do not. */
function isHeader(first: readonly unknown[], types: readonly string[]): boolean {
  const isText = (cell: unknown): boolean =>
    typeof cell === 'string' && !/^\s*([+-]?(\d|\.\d)[\d.,:eETZ +/-]*|true|false)\s*$/i.test(cell)
  return first.length > 0 && first.every(isText) && types.some((type) => type !== 'VARCHAR')
}

function csvReader(session: Session, config: LoadConfig, files: readonly LinkedFile[]): FormatReader {
  const options = (file: LinkedFile): string =>
    [
      `delim = ${quoteText(config.fieldDelimiter)}`,
      `quote = ${quoteText(config.quote)}`,
      `escape = ${quoteText(config.quote)}`,
      `header = false`,
      `nullstr = ${quoteText(config.nullMarker)}`,
      `allow_quoted_nulls = false`,
      `null_padding = ${config.allowJaggedRows}`,
      `strict_mode = true`,
      `max_line_size = 104857600`,
      `hive_partitioning = false`,
      `compression = ${file.isGzip ? "'gzip'" : "'none'"}`,
      `skip = ${config.skipLeadingRows}`,
      `auto_detect = false`,
    ].join(', ')
  return {
    ownSchema: async () => {
      if (!config.isAutodetect) return undefined
      const file = files[0]!
      const sniffed = (more: string): string =>
        `SELECT * FROM read_csv(${quoteText(file.linked)}, delim = ${quoteText(config.fieldDelimiter)}, quote = ${quoteText(config.quote)}, hive_partitioning = false, sample_size = 500, skip = ${Math.max(0, config.skipLeadingRows - 1)}, ${more})`
      const found = await session.describe(sniffed('header = true'))
      if (config.skipLeadingRows === 0) {
        const [first = []] = await session.rows(`${sniffed('header = false, all_varchar = true')} LIMIT 1`)
        if (
          config.isHeaderless ||
          !isHeader(
            first,
            found.map(({ type }) => type),
          )
        )
          throw invalid(
            'Autodetecting the columns of a CSV file without a header is not supported by the local BigQuery: give a schema, or skipLeadingRows.',
          )
      }
      return found.map(({ name, type }) =>
        fieldOfDuckdb(
          name.replaceAll(/[^\p{L}\p{N}_]/gu, '_'),
          type === 'TIMESTAMP' ? 'TIMESTAMP WITH TIME ZONE' : type,
          false,
        ),
      )
    },
    select: async (file, schema) => {
      for (const field of schema)
        if (field.mode === 'REPEATED' || legacyTypeName(field.type) === 'RECORD')
          throw invalid(`CSV cannot hold the nested or repeated field ${field.name}.`)
      const columns = schema.map((field, index) => `'c${index}': 'VARCHAR'`)
      const values = schema.map(
        (field, index) => `${parseText(`c${index}`, field, index)} AS ${quoteName(field.name)}`,
      )
      const skipHeader =
        config.isAutodetect && config.skipLeadingRows === 0 && !config.hasSchema
          ? options(file).replace('skip = 0', 'skip = 1')
          : options(file)
      return `SELECT ${values.join(', ')} FROM read_csv(${quoteText(file.linked)}, columns = {${columns.join(', ')}}, ${skipHeader})`
    },
  }
}

function jsonReader(session: Session, config: LoadConfig, files: readonly LinkedFile[]): FormatReader {
  const source = (file: LinkedFile): string =>
    `read_ndjson_objects(${quoteText(file.linked)}, compression = ${file.isGzip ? "'gzip'" : "'uncompressed'"}, maximum_object_size = 104857600)`
  return {
    ownSchema: async () => {
      if (!config.isAutodetect) return undefined
      const found = await session.describe(
        `SELECT * FROM read_ndjson_auto(${quoteText(files[0]!.linked)}, hive_partitioning = false)`,
      )
      return found.map(({ name, type }) =>
        fieldOfDuckdb(name, type === 'TIMESTAMP' ? 'TIMESTAMP WITH TIME ZONE' : type, true),
      )
    },
    select: async (file, schema, skip) => {
      if (!config.ignoreUnknownValues) await refuseUnknownKeys(session, source(file), schema, skip)
      const values = schema.map((field, index) => `${jsonValue(field, index)} AS ${quoteName(field.name)}`)
      return `SELECT ${values.join(', ')} FROM ${source(file)}`
    },
  }
}

async function refuseUnknownKeys(
  session: Session,
  source: string,
  schema: readonly FieldSchema[],
  skip: ReadonlySet<string>,
): Promise<void> {
  const known = [...schema.map((field) => field.name), ...skip].map(quoteText).join(', ')
  const [row] = await session.rows(
    `SELECT key FROM (SELECT DISTINCT unnest(json_keys(json)) AS key FROM ${source}) WHERE key NOT IN (${known || "''"}) LIMIT 1`,
  )
  if (row)
    throw invalid(
      `Error while reading data, error message: JSON parsing error: No such field: ${String(row[0])}.`,
    )
}

function jsonValue(field: FieldSchema, index: number): string {
  const at = quoteText(`$.${JSON.stringify(field.name)}`)
  if (field.mode !== 'REPEATED' && legacyTypeName(field.type) === 'JSON') return `json_extract(json, ${at})`
  if (field.mode !== 'REPEATED' && legacyTypeName(field.type) !== 'RECORD')
    return parseText(`json_extract_string(json, ${at})`, field, index)
  return `CAST(json_transform_strict(json_extract(json, ${at}), ${quoteText(JSON.stringify(structureOf(field)))}) AS ${duckdbType(field)})`
}

/** DuckDB's description of the JSON to expect. */
function structureOf(field: FieldSchema): unknown {
  const type = legacyTypeName(field.type)
  const inner =
    type === 'RECORD'
      ? Object.fromEntries((field.fields ?? []).map((part) => [part.name, structureOf(part)]))
      : type === 'BYTES'
        ? 'VARCHAR'
        : duckdbType({ ...field, mode: 'NULLABLE' }).replace('TIMESTAMP WITH TIME ZONE', 'TIMESTAMPTZ')
  return field.mode === 'REPEATED' ? [inner] : inner
}
