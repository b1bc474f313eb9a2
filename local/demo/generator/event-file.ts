/**
 * Writes lines to a file as they come, shuffled within blocks, and digests exactly the bytes written; it
 * refuses to hold the file in memory.
 */
import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import type { RandomSource } from './random-source.ts'

export interface EventFile {
  /**
   * Queues one line (without line end). True when a block is full and `flush` should run before the next
   * line.
   */
  add(line: string): boolean
  flush(): Promise<void>
  close(): Promise<{ rows: number; bytes: number; sha256: string }>
  abandon(): Promise<void>
}

/**
 * Rows are shuffled within blocks: visitors interleave as in RetailRocket's unsorted file, in bounded memory.
 */
export async function createEventFile(
  path: string,
  { header, blockRows }: { readonly header?: string; readonly blockRows: number },
  random: RandomSource,
): Promise<EventFile> {
  const handle = await open(path, 'w')
  const hash = createHash('sha256')
  let block: string[] = []
  let rows = 0
  let bytes = 0
  const write = async (text: string): Promise<void> => {
    const data = Buffer.from(text, 'latin1')
    hash.update(data)
    bytes += data.length
    await handle.writeFile(data)
  }
  if (header !== undefined) await write(`${header}\n`)
  const flush = async (): Promise<void> => {
    if (block.length === 0) return
    for (let index = block.length - 1; index > 0; index--) {
      const other = random.below(index + 1)
      const line = block[index] ?? ''
      block[index] = block[other] ?? ''
      block[other] = line
    }
    rows += block.length
    const text = `${block.join('\n')}\n`
    block = []
    await write(text)
  }
  return {
    add: (line) => block.push(line) >= blockRows,
    flush,
    close: async () => {
      await flush()
      await handle.sync()
      await handle.close()
      return { rows, bytes, sha256: hash.digest('hex') }
    },
    abandon: () => handle.close(),
  }
}
