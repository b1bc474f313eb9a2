/**
 * A loopback proxy before the local cloud, to make the network unwell or the world move between two requests.
 * It refuses nothing: what `before` leaves alone is forwarded.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Answered {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}
/** Has the cloud do what was asked, and keeps its answer back. */
export type Forward = () => Promise<Answered>

/** @param before may answer (or destroy the socket of) a request itself and return true. */
export async function openProxy(
  target: string,
  before: (
    request: IncomingMessage,
    reply: ServerResponse,
    body: Buffer,
    forward: Forward,
  ) => Promise<boolean> | boolean,
): Promise<{ origin: string; close(): void }> {
  const server = createServer(
    (request, reply) =>
      void (async () => {
        const chunks: Buffer[] = []
        for await (const chunk of request) chunks.push(chunk as Buffer)
        const body = Buffer.concat(chunks)
        const forward = (): Promise<Answered> => ask(target, request, body)
        if (await before(request, reply, body, forward)) return
        const answer = await forward()
        reply.writeHead(answer.status, answer.headers).end(answer.body)
      })().catch(() => request.socket.destroy()),
  )
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

async function ask(target: string, request: IncomingMessage, body: Buffer): Promise<Answered> {
  const {
    host: _host,
    connection: _connection,
    'transfer-encoding': _encoding,
    'content-length': _length,
    ...headers
  } = request.headers
  const answer = await fetch(new URL(request.url ?? '/', target), {
    method: request.method,
    headers: headers as Record<string, string>,
    body: ['GET', 'HEAD'].includes(request.method ?? '') ? undefined : new Uint8Array(body),
    redirect: 'manual',
  })
  return {
    status: answer.status,
    headers: Object.fromEntries(
      [...answer.headers].filter(
        ([name]) => !['content-encoding', 'content-length', 'transfer-encoding', 'connection'].includes(name),
      ),
    ),
    body: Buffer.from(await answer.arrayBuffer()),
  }
}
