/** What is read from Cloud Storage, over real HTTP: its own bytes, or a word about what came instead. */
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Google } from '../../../actions/_shared/google/connect.ts'
import { digestsOf, openStorage } from '../../../actions/_shared/google/storage.ts'
import { openTransport } from '../../../actions/_shared/google/transport.ts'

const CONTENT = Buffer.from([0, 255, 10, 65])
const asked: string[] = []
let server: Server
let google: Google
beforeAll(async () => {
  server = createServer((request, reply) => {
    const url = new URL(request.url ?? '/', 'http://x')
    asked.push(`${url.pathname} ${request.headers.authorization ?? ''} ${request.headers.range ?? ''}`.trim())
    const object = { 'x-goog-generation': '7', 'x-goog-hash': `crc32c=${digestsOf(CONTENT).crc32c},md5=x` }
    const what = decodeURIComponent(url.pathname.split('/').at(-1) ?? '')
    if (what === 'moved') reply.writeHead(307, { location: '/storage/v1/b/b/o/elsewhere' }).end()
    else if (what === 'forbidden')
      reply
        .writeHead(403)
        .end('{"error":{"code":403,"message":"no storage.objects.get","errors":[{"reason":"forbidden"}]}}')
    else if (request.headers.range) reply.writeHead(206, object).end(CONTENT.subarray(2))
    else reply.writeHead(200, object).end(CONTENT)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const transport = openTransport()
  google = {
    projectId: 'p',
    client: {
      request: (options: { headers?: ConstructorParameters<typeof Headers>[0] }) => {
        const headers = new Headers(options.headers)
        headers.set('authorization', 'Bearer secret')
        return transport.request({ ...options, headers })
      },
    },
    endpoints: { root: () => origin },
    log: { info: () => undefined },
  } as unknown as Google
})
afterAll(() => new Promise((resolve) => server.close(resolve)))

it('is the bytes, also of a name with slashes and from a place on', async () => {
  const storage = openStorage(google)
  expect(await storage.read('b', 'a/b c#.py')).toEqual(CONTENT)
  expect(asked.at(-1)).toBe('/storage/v1/b/b/o/a%2Fb%20c%23.py Bearer secret')
  expect(await storage.read('b', 'log', { startByte: 2, generation: '7' })).toEqual(CONTENT.subarray(2))
  expect(asked.at(-1)).toBe('/storage/v1/b/b/o/log Bearer secret bytes=2-')
})

it('follows no redirect with the credential', async () => {
  await expect(openStorage(google).read('b', 'moved')).rejects.toMatchObject({ reason: 'redirect' })
  expect(asked.some((line) => line.includes('elsewhere'))).toBe(false)
})

it("keeps Google's words", async () =>
  expect(openStorage(google).read('b', 'forbidden')).rejects.toThrow('403 forbidden: no storage.objects.get'))
