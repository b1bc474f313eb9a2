/**
 * The loopback socket: turns HTTP into gateway requests and back, on kept connections. It listens on
 * 127.0.0.1 only, answers to the names of loopback only, and opens no tunnel.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { isForLoopback, misdirected } from '../loopback-host.ts'
import type { Reply } from './kernel.ts'
import type { RawRequest } from './gateway.ts'

export type Answer = (raw: RawRequest) => Promise<Reply>

export interface Listener {
  readonly port: number
  /** Starts answering; requests that came before wait in the accept queue. */
  serve(answer: Answer): void
  close(): Promise<void>
}

/**
 * Binds first, so that the origin is known before services start. `onTunnel` hears what a client with this
 * origin as its HTTPS proxy tried to reach.
 */
export async function listen(
  port: number,
  onTunnel: (target: string) => void = () => undefined,
): Promise<Listener> {
  let answer: Answer | undefined
  const waiting: (() => void)[] = []
  const server = createServer(
    {
      keepAlive: true,
      noDelay: true,
      maxHeaderSize: 64 * 1024,
      requestTimeout: 0,
      keepAliveTimeout: 600_000,
    },
    (incoming, outgoing) => {
      const start = () => void handle(answer!, incoming, outgoing)
      if (answer) start()
      else waiting.push(start)
    },
  )
  server.maxRequestsPerSocket = 0
  server.on('clientError', (_error, socket) => socket.destroy())
  // google-auth asks googleapis.com for allowedLocations whatever the endpoints: HTTPS_PROXY=<origin> seals
  // that, refused at once instead of timing out.
  server.on('connect', (request, socket) => {
    onTunnel((request.url ?? '').replaceAll(/[^\w.:[\]-]/g, '').slice(0, 200))
    socket.on('error', () => undefined)
    socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n')
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    serve(handler) {
      answer = handler
      for (const start of waiting.splice(0)) start()
    },
    close: () => closeServer(server),
  }
}

async function handle(answer: Answer, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const gone = new AbortController()
  outgoing.on('close', () => {
    if (!outgoing.writableFinished) gone.abort()
  })
  incoming.on('error', () => gone.abort())
  const reply = isForLoopback(incoming)
    ? await answer({
        method: incoming.method ?? 'GET',
        target: targetOf(incoming.url ?? '/'),
        headers: incoming.headers,
        body: incoming,
        signal: gone.signal,
      })
    : elsewhere
  try {
    await send(reply, incoming, outgoing)
  } catch {
    outgoing.destroy() // the body broke after the headers left; a cut connection is the only honest signal
  }
}

const elsewhere: Reply = {
  status: misdirected.status,
  json: { error: { code: misdirected.status, message: misdirected.message, status: 'FAILED_PRECONDITION' } },
}

async function send(reply: Reply, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const status = reply.status ?? (reply.json === undefined && reply.body === undefined ? 204 : 200)
  if (reply.json !== undefined) {
    const body = Buffer.from(JSON.stringify(reply.json))
    outgoing.writeHead(status, {
      'content-type': 'application/json; charset=UTF-8',
      ...reply.headers,
      'content-length': body.length,
    })
    outgoing.end(body)
  } else if (reply.body instanceof Readable) {
    outgoing.writeHead(status, { ...reply.headers })
    await pipeline(reply.body, outgoing)
  } else {
    const body = Buffer.from(reply.body ?? '')
    outgoing.writeHead(
      status,
      status === 204 ? { ...reply.headers } : { ...reply.headers, 'content-length': body.length },
    )
    outgoing.end(status === 204 ? undefined : body)
  }
  if (!incoming.readableEnded) incoming.resume() // an unread body would block the next request on this connection
}

/** Proxies send the absolute form; only its path matters here. */
function targetOf(url: string): string {
  const path = url.replace(/^https?:\/\/[^/?#]*/i, '').split('#', 1)[0]!
  return path.startsWith('/') ? path : `/${path}`
}

async function closeServer(server: Server): Promise<void> {
  if (!server.listening) return
  const closed = once(server, 'close')
  server.close()
  server.closeIdleConnections()
  const force = setTimeout(() => server.closeAllConnections(), 1000)
  await closed
  clearTimeout(force)
}
