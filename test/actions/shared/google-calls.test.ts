/** One authorised request over real HTTP: what it sends, and where it refuses to send it. */
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { OAuth2Client, UserRefreshClient } from 'google-auth-library'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createRequest } from '../../../actions/_shared/google/request.ts'
import { endTokenWaits } from '../../../actions/_shared/google/token-wait.ts'

const seen: { where: string; authorization?: string }[] = []
let stranger: Server
let google: Server
const originOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`
const listen = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })

beforeAll(async () => {
  stranger = createServer((request, reply) => {
    seen.push({ where: 'stranger', authorization: request.headers.authorization })
    reply.end('{}')
  })
  google = createServer((request, reply) => {
    seen.push({ where: 'google', authorization: request.headers.authorization })
    reply.writeHead(302, { location: `${originOf(stranger)}/taken` }).end()
  })
  await Promise.all([listen(stranger), listen(google)])
})
afterAll(() => {
  for (const server of [stranger, google]) server.close()
})

it('does not follow a redirect with its token', async () => {
  const client = new OAuth2Client()
  client.setCredentials({ access_token: 'ya29.secret', expiry_date: Date.now() + 3_600_000 })
  const masked: string[] = []
  const request = createRequest({
    client,
    endpoints: { overrides: [], root: () => originOf(google) },
    log: () => undefined,
    mask: (secret) => masked.push(secret),
    rules: { budgetMs: 60_000, tryMs: 60_000, firstPauseMs: 1, longestPauseMs: 1 },
  })
  const failure = await request({
    api: 'storage',
    verb: 'GET',
    path: '/x',
    method: 'storage.objects.get',
    resource: 'gs://b/o',
  }).then(
    () => undefined,
    (error: Error) => error,
  )
  expect(failure?.message).toBe(
    `storage.objects.get on gs://b/o: 302 redirect: it redirects to ${new URL(originOf(stranger)).host}, and no credential follows a redirect`,
  )
  expect(failure?.message).not.toContain('ya29.')
  expect(seen).toEqual([{ where: 'google', authorization: 'Bearer ya29.secret' }])
  expect(masked).toEqual(['ya29.secret'])
})

it('does not wait for ever for a token that Google’s library asks for', async () => {
  const silent = createServer(() => undefined)
  await listen(silent)
  try {
    const client = endTokenWaits(
      new UserRefreshClient({
        clientId: 'c',
        clientSecret: 's',
        refreshToken: 'r',
        endpoints: { oauth2TokenUrl: `${originOf(silent)}/token` },
      }),
      200,
    )
    const endpoints = { overrides: [], root: () => originOf(google) }
    const request = createRequest({ client, endpoints, log: () => undefined, mask: () => undefined })
    const asked = seen.length
    const call = { api: 'composer', verb: 'GET', path: '/v1/x', method: 'x.get', resource: 'x' } as const
    const told = { reason: 'TIMEOUT', message: expect.stringContaining('oauth2.token') }
    await expect(request(call)).rejects.toMatchObject(told)
    await expect(client.request({ url: originOf(google) })).rejects.toMatchObject(told)
    expect(seen.length).toBe(asked)
  } finally {
    silent.closeAllConnections()
    silent.close()
  }
})
