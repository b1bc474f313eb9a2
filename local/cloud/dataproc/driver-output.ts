/**
 * Publishes what the driver prints as numbered objects in the staging bucket while it runs; a chunk once
 * written never changes.
 */
import { open } from 'node:fs/promises'
import type { Principal } from '../kernel.ts'
import type { ObjectStore } from '../storage/object-store.ts'

const CHUNK_BYTES = 1024 * 1024
const TAIL_BYTES = 16 * 1024

export interface DriverOutput {
  /** Publishes what was printed since the last call; overlapping calls wait for each other. */
  publish(): Promise<void>
  /** The last lines printed, for messages. */
  tail(): Promise<string>
}

export function publishOutput(
  logFile: string,
  target: { readonly bucket: string; readonly prefix: string },
  objects: ObjectStore,
  account: Principal,
): DriverOutput {
  let offset = 0
  let chunks = 0
  let publishing: Promise<void> = Promise.resolve()
  const publishNew = async () => {
    for (
      let data = await readFrom(logFile, offset, CHUNK_BYTES);
      data.length > 0;
      data = await readFrom(logFile, offset, CHUNK_BYTES)
    ) {
      await objects.put(
        account,
        target.bucket,
        `${target.prefix}.${String(chunks).padStart(9, '0')}`,
        data,
        'text/plain',
      )
      offset += data.length
      chunks += 1
    }
  }
  return {
    publish: () => (publishing = publishing.then(publishNew)),
    tail: async () => (await readFrom(logFile, -TAIL_BYTES, TAIL_BYTES)).toString('utf8'),
  }
}

/** At most `limit` bytes from `offset`; a negative offset counts from the end. */
async function readFrom(path: string, offset: number, limit: number): Promise<Buffer> {
  const file = await open(path, 'r')
  try {
    const start = offset < 0 ? Math.max(0, (await file.stat()).size + offset) : offset
    const { buffer, bytesRead } = await file.read(Buffer.alloc(limit), 0, limit, start)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}
