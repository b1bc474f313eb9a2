/**
 * The work of a load job: finds the files as the caller, loads them in one transaction, tells what was read.
 */
import { rm } from 'node:fs/promises'
import { showTable, tableKey } from '../engine/names.ts'
import type { JobWork, Outcome } from '../jobs/job-desk.ts'
import type { Room } from '../room.ts'
import type { LoadConfig } from './load-config.ts'
import { loadRows } from './load-rows.ts'
import { findSources, withLinkedFiles, type SourceFile } from './sources.ts'

const extensions = { CSV: 'csv', PARQUET: 'parquet', NEWLINE_DELIMITED_JSON: 'json' } as const

export const extensionOf = (config: LoadConfig): string => extensions[config.sourceFormat]

/** `upload` is the file of a media upload; it is removed afterwards. */
export function loadWork(room: Room, config: LoadConfig, upload?: SourceFile): JobWork {
  return async ({ session, principal, job, conclude }) => {
    try {
      const sources = upload ? [upload] : await findSources(room, principal, config.sourceUris)
      return await room.warehouse.lock([tableKey(config.destination.reference)], () =>
        withLinkedFiles(room, sources, extensionOf(config), async (files) => {
          let outcome: Outcome | undefined
          await session.inTransaction(async () => {
            const written = await loadRows({ room, principal, session, config, files })
            const size = sources.reduce((sum, file) => sum + file.size, 0)
            outcome = {
              configuration: job.configuration,
              statistics: {
                load: {
                  inputFiles: String(sources.length),
                  inputFileBytes: String(size),
                  outputRows: String(written.rows),
                  badRecords: '0',
                },
              },
            }
            conclude(written.change, outcome)
            await room.warehouse.commit(written.change, session)
          })
          room.log(
            `bigquery: loaded ${sources.length} file(s) into ${showTable(config.destination.reference)}`,
          )
          return outcome!
        }),
      )
    } finally {
      if (upload) await rm(upload.path, { force: true })
    }
  }
}
