/**
 * The schema of a Parquet file in BigQuery's types, by BigQuery's conversion table; types without a twin are
 * refused by name.
 */
import type { Session } from '../engine/database.ts'
import { quoteText } from '../engine/names.ts'
import { unsupported } from '../engine/refusals.ts'
import type { FieldSchema } from '../sql/types.ts'

const simple: Readonly<Record<string, string>> = {
  TINYINT: 'INTEGER',
  SMALLINT: 'INTEGER',
  INTEGER: 'INTEGER',
  BIGINT: 'INTEGER',
  UTINYINT: 'INTEGER',
  USMALLINT: 'INTEGER',
  UINTEGER: 'INTEGER',
  FLOAT: 'FLOAT',
  DOUBLE: 'FLOAT',
  BOOLEAN: 'BOOLEAN',
  VARCHAR: 'STRING',
  BLOB: 'BYTES',
  DATE: 'DATE',
  TIME: 'TIME',
  TIMESTAMP: 'DATETIME',
  TIMESTAMP_NS: 'DATETIME',
  TIMESTAMP_MS: 'DATETIME',
  'TIMESTAMP WITH TIME ZONE': 'TIMESTAMP',
  JSON: 'JSON',
}

export async function parquetSchema(
  session: Session,
  file: string,
  isListInference: boolean,
): Promise<FieldSchema[]> {
  const described = await session.describe(
    `SELECT * FROM read_parquet(${quoteText(file)}, hive_partitioning = false)`,
  )
  // INT96 is an instant for BigQuery, but DuckDB shows it without a zone.
  const old = new Set(
    (await session.rows(`SELECT name FROM parquet_schema(${quoteText(file)}) WHERE type = 'INT96'`)).map(
      ([name]) => String(name),
    ),
  )
  return described.map(({ name, type }) =>
    fieldOfDuckdb(
      name,
      old.has(name) && type.startsWith('TIMESTAMP') ? 'TIMESTAMP WITH TIME ZONE' : type,
      isListInference,
    ),
  )
}

export function fieldOfDuckdb(name: string, type: string, isListInference: boolean): FieldSchema {
  if (type.endsWith('[]')) {
    if (!isListInference)
      throw unsupported(`The list column ${name} without parquetOptions.enableListInference`)
    return { ...fieldOfDuckdb(name, type.slice(0, -2), isListInference), mode: 'REPEATED' }
  }
  const decimal = /^DECIMAL\((\d+),(\d+)\)$/.exec(type)
  if (decimal) {
    const [precision, scale] = [Number(decimal[1]), Number(decimal[2])]
    if (scale > 9 || precision - scale > 29)
      throw unsupported(`The column ${name} of type ${type} (BIGNUMERIC)`)
    return { name, type: 'NUMERIC', mode: 'NULLABLE' }
  }
  if (type.startsWith('STRUCT('))
    return {
      name,
      type: 'RECORD',
      mode: 'NULLABLE',
      fields: splitStruct(type.slice(7, -1)).map(([part, inner]) =>
        fieldOfDuckdb(part, inner, isListInference),
      ),
    }
  const known = simple[type]
  if (!known) throw unsupported(`The column ${name} of type ${type}`)
  return { name, type: known, mode: 'NULLABLE' }
}

/** `a INTEGER, "b c" STRUCT(x DATE, y VARCHAR)[]` into its parts. */
function splitStruct(inner: string): [string, string][] {
  const parts: [string, string][] = []
  let rest = inner
  while (rest.length > 0) {
    const name = /^(?:"((?:[^"]|"")*)"|(\S+)) /.exec(rest)
    if (!name) throw unsupported(`A record written as ${inner}`)
    let depth = 0
    let at = name[0].length
    for (; at < rest.length; at++) {
      if (rest[at] === '(') depth += 1
      else if (rest[at] === ')') depth -= 1
      else if (rest[at] === ',' && depth === 0) break
    }
    parts.push([name[1]?.replaceAll('""', '"') ?? name[2]!, rest.slice(name[0].length, at).trim()])
    rest = rest.slice(at + 1).trimStart()
  }
  return parts
}
