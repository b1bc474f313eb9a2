/**
 * Publishes what the driver prints as numbered objects in the staging bucket while it runs, an empty one at its
 * end; a chunk once written never changes.
 */
import { open } from 'node:fs/promises'
import type { Principal } from '../kernel.ts'
import type { ObjectStore } from '../storage/object-store.ts'

const CHUNK_BYTES = 1024 * 1024
const TAIL_BYTES = 16 * 1024

export interface DriverOutput {
  /** Publishes what was printed since the last call; overlapping calls wait for each other. */
  publish(): Promise<void>
  /** Publishes the rest and the empty object that tells a reader to stop; gcloud follows the output until it is there. */
  finish(): Promise<void>
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
  const put = async (data: Buffer): Promise<void> => {
    const name = `${target.prefix}.${String(chunks).padStart(9, '0')}`
    await objects.put(account, target.bucket, name, data, 'text/plain')
    offset += data.length
    chunks += 1
  }
  const publishNew = async (): Promise<void> => {
    for (
      let data = await readFrom(logFile, offset, CHUNK_BYTES);
      data.length > 0;
      data = await readFrom(logFile, offset, CHUNK_BYTES)
    )
      await put(data)
  }
  return {
    publish: () => (publishing = publishing.then(publishNew)),
    finish: () => (publishing = publishing.then(publishNew).then(() => put(Buffer.alloc(0)))),
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
