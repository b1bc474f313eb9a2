/**
 * A loopback proxy before the local cloud, to make the network unwell or the world move between two requests.
 * It refuses nothing: what `before` leaves alone is forwarded.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** @param before may answer (or destroy the socket of) a request itself and return true. */
export async function openProxy(
  target: string,
  before: (request: IncomingMessage, reply: ServerResponse, body: Buffer) => Promise<boolean> | boolean,
): Promise<{ origin: string; close(): void }> {
  const server = createServer(
    (request, reply) =>
      void (async () => {
        const chunks: Buffer[] = []
        for await (const chunk of request) chunks.push(chunk as Buffer)
        if (await before(request, reply, Buffer.concat(chunks))) return
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
          body: ['GET', 'HEAD'].includes(request.method ?? '') ? undefined : Buffer.concat(chunks),
          redirect: 'manual',
        })
        const back = Object.fromEntries(
          [...answer.headers].filter(
            ([name]) =>
              !['content-encoding', 'content-length', 'transfer-encoding', 'connection'].includes(name),
          ),
        )
        reply.writeHead(answer.status, back).end(Buffer.from(await answer.arrayBuffer()))
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
