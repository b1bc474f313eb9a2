/**
 * Shows each line of a step with its place in front, masked, and keeps it in a file; it refuses to write
 * anything unmasked.
 */
import { createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { once } from 'node:events'
import type { Masks } from './masks.ts'

export interface StepLog {
  readonly file: string
  /** Shown and kept. */
  line(text: string): void
  /** Kept only. */
  detail(text: string): void
  close(): Promise<void>
}

export const openStepLog = async (
  file: string,
  place: { job: string; step: string },
  masks: Masks,
  show: (line: string) => void,
): Promise<StepLog> => {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  const stream = createWriteStream(file, { mode: 0o600 })
  await once(stream, 'open')
  show(`${place.job} ▶ ${printable(masks.hide(place.step)).slice(0, 100)}`)
  return {
    file,
    line(text) {
      for (const part of masks.hide(text).split(/\r?\n/)) {
        stream.write(`${part}\n`)
        show(`${place.job} │ ${printable(part)}`)
      }
    },
    detail(text) {
      stream.write(`${masks.hide(text)}\n`)
    },
    async close() {
      stream.end()
      await once(stream, 'finish')
    },
  }
}

/** A step may print control characters that would move a terminal's cursor; colours stay. */
export const printable = (text: string): string =>
  text.replaceAll(/\x1b\[[0-9;]*m|[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, (found) =>
    found.endsWith('m') && found.length > 1 ? found : '',
  )
