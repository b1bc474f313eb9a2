/**
 * Reads `multipart/related` uploads as a stream: one JSON part, then the content, never held whole in memory.
 * It refuses a body that ends before its boundary.
 */
import type { Readable } from 'node:stream'
import { CloudError } from '../kernel.ts'

export interface MultipartSink {
  /** Called once, before any content. */
  metadata(json: Record<string, unknown>, mediaType: string | undefined): void
  content(chunk: Buffer): Promise<void>
}

const jsonLimitBytes = 256 * 1024

export async function readMultipart(
  stream: Readable,
  contentType: string | undefined,
  sink: MultipartSink,
): Promise<void> {
  const boundary = boundaryOf(contentType)
  const reader = createReader(stream)
  await reader.until(Buffer.from(`--${boundary}`), jsonLimitBytes)
  // Python's own MIME writer ends lines with LF only; the first line tells which kind this body is.
  const lineEnd = (await reader.until(Buffer.from('\n'), 1024)).toString('latin1').endsWith('\r')
    ? '\r\n'
    : '\n'
  const blankLine = Buffer.from(lineEnd + lineEnd)
  const delimiter = Buffer.from(`${lineEnd}--${boundary}`)
  await reader.until(blankLine, jsonLimitBytes)
  const json = parseObject((await reader.until(delimiter, jsonLimitBytes)).toString('utf8'))
  await reader.until(Buffer.from(lineEnd), 1024)
  const head = (await reader.until(blankLine, jsonLimitBytes)).toString('latin1')
  sink.metadata(json, /^content-type:\s*(.+?)\s*$/im.exec(head)?.[1])
  await reader.pass(delimiter, (chunk) => sink.content(chunk))
  const ending = await reader.take(2)
  if (ending.toString('latin1') !== '--') throw malformed('more than two parts')
  await reader.drain()
}

export function boundaryOf(contentType: string | undefined): string {
  // gcloud writes its boundary in single quotes, which are not of the boundary either.
  const [, quoted, single, bare] =
    /^multipart\/\w+\s*;.*?\bboundary=(?:"([^"]+)"|'([^']+)'|([^\s;]+))/i.exec(contentType ?? '') ?? []
  const boundary = quoted ?? single ?? bare
  if (!boundary || boundary.length > 200) throw malformed('the Content-Type has no boundary')
  return boundary
}

function parseObject(text: string): Record<string, unknown> {
  let value: unknown
  try {
    value = text.trim() === '' ? {} : JSON.parse(text)
  } catch {
    throw new CloudError(400, 'parseError', 'Parse Error')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new CloudError(400, 'parseError', 'Parse Error')
  return value as Record<string, unknown>
}

function createReader(stream: Readable) {
  const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  let buffer: Buffer = Buffer.alloc(0)
  const more = async (): Promise<void> => {
    const next = await chunks.next()
    if (next.done) throw malformed('it ends before its boundary')
    buffer = buffer.length === 0 ? next.value : Buffer.concat([buffer, next.value])
  }
  return {
    async until(mark: Buffer, limitBytes: number): Promise<Buffer> {
      for (;;) {
        const at = buffer.indexOf(mark)
        if (at !== -1) {
          const found = buffer.subarray(0, at)
          buffer = buffer.subarray(at + mark.length)
          return found
        }
        if (buffer.length > limitBytes) throw malformed('a part is too large')
        await more()
      }
    },
    async pass(mark: Buffer, sink: (chunk: Buffer) => Promise<void>): Promise<void> {
      for (;;) {
        const at = buffer.indexOf(mark)
        const ready = at !== -1 ? at : Math.max(0, buffer.length - mark.length + 1)
        if (ready > 0) await sink(buffer.subarray(0, ready))
        buffer = buffer.subarray(at !== -1 ? at + mark.length : ready)
        if (at !== -1) return
        await more()
      }
    },
    async take(length: number): Promise<Buffer> {
      while (buffer.length < length) await more()
      return buffer.subarray(0, length)
    },
    async drain(): Promise<void> {
      while (!(await chunks.next()).done) continue
    },
  }
}

function malformed(what: string): CloudError {
  return new CloudError(400, 'badContent', `Malformed multipart body: ${what}.`)
}
