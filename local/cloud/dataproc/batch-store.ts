/**
 * Keeps one JSON file per batch, replaced atomically, so that kill -9 at any moment leaves each batch as it
 * last was; it starts nothing.
 */
import { mkdir, open, readdir, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { BatchRecord } from './batch-record.ts'

export interface BatchStore {
  /** Live batches and deleted ones, whose operations stay readable. */
  all(): readonly BatchRecord[]
  find(location: string, batchId: string): BatchRecord | undefined
  save(record: BatchRecord): Promise<void>
}

export async function openBatchStore(stateDir: string): Promise<BatchStore> {
  const folder = join(stateDir, 'batches')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const records = new Map<string, BatchRecord>()
  for (const name of await readdir(folder)) {
    if (!name.endsWith('.json')) continue
    const record = JSON.parse(await readFile(join(folder, name), 'utf8')) as BatchRecord
    records.set(record.uuid, record)
  }
  let writing: Promise<void> = Promise.resolve()
  return {
    all: () => [...records.values()],
    find: (location, batchId) =>
      [...records.values()].find(
        (record) =>
          record.location === location && record.batchId === batchId && record.deletedMs === undefined,
      ),
    save(record) {
      records.set(record.uuid, record)
      const text = JSON.stringify(record)
      // One after the other: the last state saved is the last state on disk.
      writing = writing
        .catch(() => undefined)
        .then(() => replaceFile(join(folder, `${record.uuid}.json`), text))
      return writing
    },
  }
}

async function replaceFile(path: string, text: string): Promise<void> {
  const file = await open(`${path}.tmp`, 'w', 0o600)
  try {
    await file.writeFile(text)
    await file.datasync()
  } finally {
    await file.close()
  }
  await rename(`${path}.tmp`, path)
}
