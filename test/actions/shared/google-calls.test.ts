/** One authorised request over real HTTP: what it sends, and where it refuses to send it. */
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { OAuth2Client } from 'google-auth-library'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createRequest } from '../../../actions/_shared/google/request.ts'

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
    rules: { budgetMs: 1000, tryMs: 1000, firstPauseMs: 1, longestPauseMs: 1 },
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
