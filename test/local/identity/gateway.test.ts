/** The door over real HTTP: routes, bodies, error shapes, keep-alive, inner requests, no tunnel. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { once } from 'node:events'
import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { Readable } from 'node:stream'
import { createGateway } from '../../../local/cloud/gateway.ts'
import { listen, type Listener } from '../../../local/cloud/http.ts'
import { missingCredentials } from '../../../local/cloud/error-reply.ts'
import { CloudError, type Route, type Service } from '../../../local/cloud/kernel.ts'

const caller = { member: 'serviceAccount:a@b', email: 'a@b', memberSets: [] }
const route = (
  method: Route['method'],
  path: string,
  handler: Route['handler'],
  extra: Partial<Route> = {},
): Route => ({
  id: `test.${method} ${path}`,
  method,
  path,
  handler,
  ...extra,
})

const storage: Service = {
  name: 'storage',
  errorStyle: 'legacy',
  routes: [
    route('GET', '/storage/v1/b/{bucket}/o/{object}', ({ params }) => ({ json: params })),
    route('POST', '/storage/v1/echo', async ({ json }) => ({ json: await json() })),
    route(
      'POST',
      '/storage/v1/raw',
      async ({ bytes, headers }) => ({
        json: { size: (await bytes()).length, encoding: headers['content-encoding'] },
      }),
      {
        isRawBody: true,
      },
    ),
    route('POST', '/storage/v1/small', async ({ bytes }) => ({ json: { size: (await bytes(10)).length } })),
    route('POST', '/storage/v1/ignores-body', () => ({ json: {} })),
    route('GET', '/storage/v1/gone', () => {
      throw new CloudError(404, 'notFound', 'No such object: b/o')
    }),
    route('GET', '/storage/v1/bug', () => {
      throw new TypeError('x is undefined')
    }),
    route('GET', '/storage/v1/stream', () => ({
      headers: { 'content-type': 'text/plain' },
      body: Readable.from(['a', 'b']),
    })),
  ],
}
const dataproc: Service = {
  name: 'dataproc',
  errorStyle: 'rpc',
  routes: [
    route('GET', '/v1/projects/{p}/locations/{l}/operations/{o}', ({ params }) => {
      if (params.o !== 'spark') throw new CloudError(404, 'notFound', 'no operation here')
      return { json: { from: 'dataproc' } }
    }),
    route('POST', '/v1/projects/{p}/batches/{b}:analyze', ({ params }) => ({ json: params })),
    route('POST', '/v1/{+name}', ({ params }) => ({ json: params })),
  ],
}
const composer: Service = {
  name: 'composer',
  errorStyle: 'rpc',
  routes: [
    route('GET', '/v1/projects/{p}/locations/{l}/operations/{o}', ({ params }) => {
      if (params.o !== 'airflow') throw new CloudError(404, 'notFound', 'nor here')
      return { json: { from: 'composer' } }
    }),
  ],
}

describe('gateway', () => {
  let listener: Listener
  let origin: string
  const exchanges: { id: string; status: number; account?: string }[] = []
  const lines: string[] = []
  const tunnels: string[] = []
  const auth = { authorization: 'Bearer x' }
  beforeAll(async () => {
    listener = await listen(0, (target) => tunnels.push(target))
    origin = `http://127.0.0.1:${listener.port}`
    const gateway = createGateway({
      origin,
      services: [storage, dataproc, composer],
      log: (line) => lines.push(line),
      onExchange: (exchange) => exchanges.push(exchange),
      authenticate: (header) => {
        if (!header) throw missingCredentials()
        return caller
      },
    })
    listener.serve(gateway.answer)
  })
  afterAll(() => listener.close())

  it('keeps an encoded slash inside its segment', async () => {
    const reply = await fetch(`${origin}/storage/v1/b/x/o/dags%2Fa%20b%2B%C3%A9.py`, { headers: auth })
    expect(await reply.json()).toEqual({ bucket: 'x', object: 'dags/a b+é.py' })
  })
  it('refuses malformed percent-encoding', async () => {
    const reply = await fetch(`${origin}/storage/v1/b/x/o/%E0%A4%A`, { headers: auth })
    expect([
      reply.status,
      ((await reply.json()) as { error: { errors: { reason: string }[] } }).error.errors[0]!.reason,
    ]).toEqual([400, 'invalid'])
  })
  it('prefers a literal verb to a greedy hole', async () => {
    const verb = await fetch(`${origin}/v1/projects/p/batches/b:analyze`, { method: 'POST', headers: auth })
    expect(await verb.json()).toEqual({ p: 'p', b: 'b' })
    const greedy = await fetch(`${origin}/v1/projects/p/batches/b:other`, { method: 'POST', headers: auth })
    expect(await greedy.json()).toEqual({ name: 'projects/p/batches/b:other' })
  })
  it('asks the next service on the same path when the first does not know the resource', async () => {
    const at = async (operation: string) =>
      (await fetch(`${origin}/v1/projects/p/locations/l/operations/${operation}`, { headers: auth })).json()
    expect(await at('spark')).toEqual({ from: 'dataproc' })
    expect(await at('airflow')).toEqual({ from: 'composer' })
    expect(await at('none')).toEqual({
      error: { code: 404, message: 'no operation here', status: 'NOT_FOUND' },
    })
  })
  it('unzips a JSON body, and leaves it alone where the route wants it raw', async () => {
    const body = gzipSync('{"a":1}')
    const headers = { ...auth, 'content-encoding': 'gzip' }
    expect(
      await (await fetch(`${origin}/storage/v1/echo`, { method: 'POST', headers, body })).json(),
    ).toEqual({ a: 1 })
    expect(await (await fetch(`${origin}/storage/v1/raw`, { method: 'POST', headers, body })).json()).toEqual(
      { size: body.length, encoding: 'gzip' },
    )
  })
  it('refuses a small gzip body that grows beyond the limit', async () => {
    const reply = await fetch(`${origin}/storage/v1/small`, {
      method: 'POST',
      headers: { ...auth, 'content-encoding': 'gzip' },
      body: gzipSync(Buffer.alloc(5_000_000)),
    })
    expect(reply.status).toBe(413)
  })
  it('refuses a body beyond the limit and goes on answering', async () => {
    expect(
      (
        await fetch(`${origin}/storage/v1/small`, {
          method: 'POST',
          headers: auth,
          body: 'x'.repeat(2_000_000),
        })
      ).status,
    ).toBe(413)
    expect(
      (await fetch(`${origin}/storage/v1/small`, { method: 'POST', headers: auth, body: 'x' })).status,
    ).toBe(200)
  })
  it('answers when a handler does not read its body', async () => {
    for (let count = 0; count < 3; count++) {
      expect(
        (
          await fetch(`${origin}/storage/v1/ignores-body`, {
            method: 'POST',
            headers: auth,
            body: 'x'.repeat(300_000),
          })
        ).status,
      ).toBe(200)
    }
  })
  it('says that a body is not a JSON object', async () => {
    for (const body of ['[1]', '{', '"x"']) {
      const reply = await fetch(`${origin}/storage/v1/echo`, { method: 'POST', headers: auth, body })
      expect([
        reply.status,
        ((await reply.json()) as { error: { errors: { reason: string }[] } }).error.errors[0]!.reason,
      ]).toEqual([400, 'parseError'])
    }
  })
  it('writes a legacy error as Storage does', async () => {
    const reply = await fetch(`${origin}/storage/v1/gone`, { headers: auth })
    expect(await reply.json()).toEqual({
      error: {
        code: 404,
        message: 'No such object: b/o',
        errors: [{ message: 'No such object: b/o', domain: 'global', reason: 'notFound' }],
      },
    })
  })
  it('answers 401 with a challenge when there is no token', async () => {
    const reply = await fetch(`${origin}/v1/projects/p/locations/l/operations/spark`)
    expect(reply.status).toBe(401)
    expect(reply.headers.get('www-authenticate')).toBe('Bearer realm="https://accounts.google.com/"')
    expect(await reply.json()).toMatchObject({
      error: {
        code: 401,
        status: 'UNAUTHENTICATED',
        message: expect.stringContaining('Request is missing required authentication credential.'),
      },
    })
  })
  it('answers 501 naming the method for a path nobody has', async () => {
    for (const [method, path, key] of [
      ['GET', '/v1beta/x', 'status'],
      ['PUT', '/storage/v1/b/x/acl', 'errors'],
      ['GET', '/storage/v1/b/x/y/o/z', 'errors'],
      ['PATCH', '/bigquery/v2/projects/p/models', 'errors'],
    ] as const) {
      const reply = await fetch(origin + path, { method, headers: auth })
      expect(reply.status).toBe(501)
      const { error } = (await reply.json()) as { error: Record<string, unknown> }
      expect(error.message).toBe(`${method} ${path} is not implemented by the local cloud.`)
      expect(error).toHaveProperty(key)
    }
  })
  it('hides a stack from the caller and shows it in the log', async () => {
    const reply = await fetch(`${origin}/storage/v1/bug`, { headers: auth })
    expect(reply.status).toBe(500)
    expect(await reply.text()).not.toContain('gateway.test.ts')
    expect(lines.at(-1)).toContain('gateway.test.ts')
  })
  it('streams a body', async () => {
    expect(await (await fetch(`${origin}/storage/v1/stream`, { headers: auth })).text()).toBe('ab')
  })
  it('dispatches an inner request with an absolute URL and its own authentication', async () => {
    const gateway = createGateway({
      origin,
      services: [storage],
      log: () => undefined,
      authenticate: (header) => {
        if (!header) throw missingCredentials()
        return caller
      },
    })
    const inner = await gateway.dispatch({
      method: 'POST',
      path: 'https://storage.googleapis.com/storage/v1/echo',
      headers: { Authorization: 'Bearer x' },
      body: Buffer.from('{"b":2}'),
    })
    expect([inner.status, JSON.parse(inner.body.toString())]).toEqual([200, { b: 2 }])
    expect((await gateway.dispatch({ method: 'POST', path: '/storage/v1/echo', headers: {} })).status).toBe(
      401,
    )
  })
  it('opens no tunnel, and says where to', async () => {
    const socket = connect(listener.port, '127.0.0.1')
    socket.write(
      'CONNECT iamcredentials.googleapis.com:443 HTTP/1.1\r\nhost: iamcredentials.googleapis.com:443\r\n\r\n',
    )
    const [answer] = (await once(socket, 'data')) as [Buffer]
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 403 /)
    expect(tunnels).toEqual(['iamcredentials.googleapis.com:443'])
    socket.destroy()
  })
  it('reports each exchange by method id, with the account that asked', () => {
    const id = 'test.GET /storage/v1/gone'
    expect(exchanges).toContainEqual(expect.objectContaining({ id, status: 404, account: 'a@b' }))
  })
})

it('tells once what a request asked for and nobody read, and nothing of what is idle', async () => {
  const lines: string[] = []
  const heedless: Service = {
    name: 'storage',
    errorStyle: 'legacy',
    routes: [
      route('POST', '/storage/v1/b', async ({ json }) => ({ json: { name: (await json()).name } }), {
        id: 'storage.buckets.insert',
      }),
    ],
    idleParameters: { 'storage.buckets.insert': ['prefix'] },
  }
  const gateway = createGateway({
    origin: 'http://127.0.0.1:1',
    services: [heedless],
    authenticate: () => caller,
    log: (line) => lines.push(line),
  })
  const ask = () =>
    gateway.dispatch({
      method: 'POST',
      path: '/storage/v1/b?project=p&prefix=x&prettyPrint=false',
      headers: {},
      body: Buffer.from('{"name": "b", "location": "EU", "etag": "e"}'),
    })
  expect([(await ask()).status, (await ask()).status]).toEqual([200, 200])
  expect(lines).toEqual([
    'storage.buckets.insert: ?project of a request was ignored',
    'storage.buckets.insert: location of a request was ignored',
  ])
})
