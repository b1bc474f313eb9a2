/**
 * `POST /batch/storage/v1`: up to 100 metadata calls in one multipart/mixed body, each answered as its own
 * HTTP message. Content and nested batches are refused.
 */
import { randomBytes } from 'node:crypto'
import { CloudError, type CloudRequest, type InnerReply, type Reply, type ServiceContext } from '../kernel.ts'
import { boundaryOf } from './multipart-related.ts'

const callLimit = 100
const crlf = '\r\n'

export async function answerBatch(
  request: CloudRequest,
  dispatch: ServiceContext['dispatch'],
): Promise<Reply> {
  const boundary = boundaryOf(request.headers['content-type'])
  const body = (await request.bytes()).toString('latin1')
  const parts = splitParts(body, boundary)
  if (parts.length === 0) throw new CloudError(400, 'badContent', 'The batch holds no calls.')
  if (parts.length > callLimit)
    throw new CloudError(
      400,
      'badContent',
      `The batch holds ${parts.length} calls; at most ${callLimit} are allowed.`,
    )
  const answerBoundary = `batch_${randomBytes(12).toString('base64url')}`
  let answer = ''
  for (const part of parts) {
    const { contentId, method, path, headers, content } = readCall(part)
    const inner = isRefused(path)
      ? refusal(path)
      : await dispatch({
          method,
          path,
          headers: { authorization: request.headers.authorization ?? '', ...headers },
          body: Buffer.from(content, 'latin1'),
        })
    const id =
      contentId === undefined ? '' : `Content-ID: <response-${contentId.replace(/^<|>$/g, '')}>${crlf}`
    answer += `--${answerBoundary}${crlf}Content-Type: application/http${crlf}${id}${crlf}${writeReply(inner)}${crlf}`
  }
  return {
    headers: { 'content-type': `multipart/mixed; boundary=${answerBoundary}` },
    body: Buffer.from(`${answer}--${answerBoundary}--${crlf}`, 'latin1'),
  }
}

function splitParts(body: string, boundary: string): string[] {
  const pieces = `\n${body}`.split(`\n--${boundary}`)
  if (!pieces.at(-1)!.startsWith('--'))
    throw new CloudError(400, 'badContent', 'Malformed multipart body: it ends before its boundary.')
  return pieces.slice(1, -1).map((piece) => piece.replace(/^[ \t]*\r?\n/, '').replace(/\r$/, ''))
}

interface Call {
  readonly contentId?: string
  readonly method: string
  readonly path: string
  readonly headers: Record<string, string>
  readonly content: string
}

function readCall(part: string): Call {
  const [outer, message] = cut(part)
  const [head, content] = cut(message)
  const lines = head.split(/\r?\n/)
  const [, method, target] = /^([A-Z]+) (\S+)(?: HTTP\/1\.[01])?$/.exec(lines[0] ?? '') ?? []
  if (!method || !target)
    throw new CloudError(400, 'badContent', 'A part of the batch is not an HTTP request.')
  const headers = readHeaders(lines.slice(1))
  return {
    contentId: readHeaders(outer.split(/\r?\n/))['content-id'],
    method,
    path: target.replace(/^https?:\/\/[^/?#]*/i, ''),
    headers,
    content,
  }
}

function cut(text: string): [string, string] {
  const blank = /\r?\n\r?\n/.exec(text)
  return blank
    ? [text.slice(0, blank.index), text.slice(blank.index + blank[0].length)]
    : [text.replace(/\r?\n$/, ''), '']
}

function readHeaders(lines: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const line of lines) {
    const colon = line.indexOf(':')
    if (colon > 0) headers[line.slice(0, colon).trim().toLowerCase()] = line.slice(colon + 1).trim()
  }
  delete headers['content-length'] // counted anew from what is really there
  return headers
}

function isRefused(path: string): boolean {
  return !/^(\/storage\/v1)?\/b(\/|\?|$)/.test(path) || /[?&]alt=media(&|$)/.test(path)
}

function refusal(path: string): InnerReply {
  const message = `'${path.slice(0, 100)}' cannot be called in a batch: only metadata calls of Cloud Storage can.`
  const body = Buffer.from(
    JSON.stringify({
      error: { code: 400, message, errors: [{ message, domain: 'global', reason: 'badRequest' }] },
    }),
  )
  return { status: 400, headers: { 'content-type': 'application/json; charset=UTF-8' }, body }
}

function writeReply({ status, headers, body }: InnerReply): string {
  const shown = Object.entries(headers)
    .filter(([name]) => name.toLowerCase() !== 'content-length')
    .map(([name, value]) => `${name}: ${value}${crlf}`)
    .join('')
  return `HTTP/1.1 ${status} ${phrases[status] ?? 'Status'}${crlf}${shown}Content-Length: ${body.length}${crlf}${crlf}${body.toString('latin1')}`
}

const phrases: Readonly<Record<number, string>> = {
  200: 'OK',
  204: 'No Content',
  304: 'Not Modified',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  409: 'Conflict',
  412: 'Precondition Failed',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  503: 'Service Unavailable',
}
