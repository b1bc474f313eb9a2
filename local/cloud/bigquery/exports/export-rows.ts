/**
 * Puts the rows of a query into one object, as its caller; a file is whole or not there. Where BigQuery would
 * cut a large export into several files, this is one all the same.
 */
import { randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import path from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type { Principal } from '../../kernel.ts'
import type { Session } from '../engine/database.ts'
import { quoteText } from '../engine/names.ts'
import { invalid } from '../engine/refusals.ts'
import type { Room } from '../room.ts'
import type { FieldSchema } from '../sql/types.ts'
import type { ExportConfig } from './export-config.ts'
import { checkExportable, csvHeader, csvLine, jsonLine } from './export-values.ts'

interface Export {
  readonly room: Room
  readonly principal: Principal
  readonly session: Session
  /** DuckDB SELECT whose columns are the schema's, in its order. */
  readonly sql: string
  readonly schema: readonly FieldSchema[]
  readonly config: ExportConfig
}

const contentTypes = {
  CSV: 'text/csv',
  JSON: 'application/json',
  PARQUET: 'application/octet-stream',
} as const

/** How many rows were written. */
export async function exportRows(given: Export): Promise<number> {
  const { room, principal, schema, config } = given
  const { bucket, before, after } = config
  checkExportable(schema, config.format)
  const name = after === undefined ? before : `${before}000000000000${after}`
  if (!config.mayOverwrite && room.objects.hasLike(bucket, before, after))
    throw invalid(
      `Destination gs://${bucket}/${before}${after === undefined ? '' : `*${after}`} holds files already; with overwrite = true they may be replaced.`,
    )
  const file = path.join(room.warehouse.database.incomingDir, randomUUID())
  try {
    const rows = config.format === 'PARQUET' ? await writeParquet(given, file) : await writeText(given, file)
    await room.objects.putFile(principal, bucket, name, file, contentTypes[config.format])
    return rows
  } finally {
    await rm(file, { force: true })
  }
}

async function writeParquet({ session, sql, config }: Export, file: string): Promise<number> {
  const compression = config.compression === 'NONE' ? 'UNCOMPRESSED' : config.compression
  return session.run(`COPY (${sql}) TO ${quoteText(file)} (FORMAT parquet, COMPRESSION ${compression})`)
}

async function writeText({ session, sql, schema, config }: Export, file: string): Promise<number> {
  let count = 0
  async function* lines(): AsyncGenerator<string> {
    if (config.format === 'CSV' && config.hasHeader) yield csvHeader(schema, config.delimiter)
    for await (const rows of session.stream(sql)) {
      count += rows.length
      yield rows
        .map((row) =>
          config.format === 'CSV' ? csvLine(row, schema, config.delimiter) : jsonLine(row, schema),
        )
        .join('')
    }
  }
  const target = createWriteStream(file, { mode: 0o600 })
  if (config.compression === 'GZIP') await pipeline(Readable.from(lines()), createGzip(), target)
  else await pipeline(Readable.from(lines()), target)
  return count
}
