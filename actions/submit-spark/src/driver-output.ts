/**
 * Follows the driver's output objects (`<outputUri>.000000000`, …) and hands on whole lines. It refuses to
 * print a line twice, to cut a character, and to hand on a secret.
 */
import { StringDecoder } from 'node:string_decoder'
import { parseUri, type ObjectStorage } from '../../_shared/google/storage.ts'
import { hideLineByLine } from '../../_shared/secrets.ts'
import { watchForSigns, type FailureSigns } from './failure-signs.ts'

const TAIL_LINES = 60
/** Longer lines are handed on in pieces: one without an end must not fill the memory. */
const LINE_LIMIT = 64 * 1024

export interface DriverOutput {
  /** Reads what is new, and says how many bytes that was. */
  drain(outputUri: string): Promise<number>
  /** The unfinished last line, at the end. */
  flush(): void
  readonly tail: readonly string[]
  readonly signs: FailureSigns
}

export function followOutput(storage: ObjectStorage, onLine: (line: string) => void): DriverOutput {
  const read = new Map<string, number>()
  const decoder = new StringDecoder('utf8')
  const tail: string[] = []
  const watcher = watchForSigns()
  let rest = ''
  const hide = hideLineByLine()
  const emit = (said: string) => {
    const line = hide(said)
    tail.push(line)
    if (tail.length > TAIL_LINES) tail.shift()
    watcher.see(line)
    onLine(line)
  }
  return {
    tail,
    get signs() {
      return watcher.signs
    },
    drain: async (outputUri) => {
      const place = parseUri(outputUri)
      let fresh = 0
      if (!place) return fresh
      const pattern = /\.\d{9}$/
      const chunks = (await storage.list(place.bucket, `${place.name}.`))
        .filter(({ name }) => pattern.test(name))
        .sort((a, b) => (a.name < b.name ? -1 : 1))
      for (const chunk of chunks) {
        const from = read.get(chunk.name) ?? 0
        if (chunk.sizeBytes <= from) continue
        // The last chunk may be written again, longer; its generation names exactly the bytes that were
        // listed.
        const data = await storage.read(place.bucket, chunk.name, {
          generation: chunk.generation,
          startByte: from,
        })
        // A reading that hung and was given up for another may come back after it.
        const news = data.subarray((read.get(chunk.name) ?? 0) - from)
        if (news.length === 0) continue
        read.set(chunk.name, from + data.length)
        fresh += news.length
        const lines = (rest + decoder.write(news)).split(/\r?\n/)
        rest = lines.pop() ?? ''
        for (const line of lines) emit(line)
        while (rest.length > LINE_LIMIT) {
          emit(rest.slice(0, LINE_LIMIT))
          rest = rest.slice(LINE_LIMIT)
        }
      }
      return fresh
    },
    flush: () => {
      rest += decoder.end()
      if (rest !== '') emit(rest)
      rest = ''
    },
  }
}
