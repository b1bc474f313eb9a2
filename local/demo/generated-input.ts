/** Generated events as the input of a demo, in place of a person's own; it refuses to keep them anywhere else. */
import { join } from 'node:path'
import type { EventInput } from './event-input.ts'
import type { EventSource } from './event-source.ts'
import { generateEvents, type Shape } from './generator.ts'

export const generateInput = async (
  { rows, seed, shape }: { readonly rows: number; readonly seed: number; readonly shape: Shape },
  shipped: readonly EventSource[],
  directory: string,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<EventInput> => {
  const source = shipped.find(({ name }) => name === shape)!
  const kind = source.kinds[0]!
  const objectName = `events.${kind}`
  const path = join(directory, objectName)
  const made = await generateEvents({ rows, seed, shape, path, signal, onProgress: tellTenths(say) })
  const name = `generated${shape === 'retailrocket' ? '' : `-${shape}`}-${rows}-seed-${seed}.${kind}`
  const file = {
    path,
    name,
    objectName,
    sha256: made.sha256,
    sizeBytes: made.bytes,
    isGzip: false,
    kind,
    source,
  }
  return { name, sha256: made.sha256, files: [file] }
}

/** Only what takes long enough to wonder says how far it is. */
const tellTenths = (say: (line: string) => void): ((written: number, rows: number) => void) => {
  let told = 0
  return (written, rows) => {
    const tenth = Math.floor((written * 10) / rows)
    if (rows < 1_000_000 || tenth <= told || tenth === 10) return
    told = tenth
    say(`  ${tenth * 10} %`)
  }
}
