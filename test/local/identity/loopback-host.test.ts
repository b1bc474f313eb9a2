/** Every local origin over real HTTP, asked under the name of a stranger: the Host that a rebound page sends. */
import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { startIssuesApi, type IssuesApi } from '../../../local/github/issues-api.ts'
import { startTestCloud, type TestCloud } from '../../support/cloud.ts'

let cloud: TestCloud
let metadata: { host: string; close(): Promise<void> }
let github: IssuesApi
beforeAll(async () => {
  cloud = await startTestCloud({ services: ['storage'] })
  metadata = await cloud.cloud.identity.openMetadataServer('caec-spark@caec-local.iam.gserviceaccount.com')
  github = await startIssuesApi({
    rightsOf: () => ({ login: 'x', mayAskWho: true, mayWrite: true }),
  })
})
afterAll(async () => {
  await metadata.close()
  await github.close()
  await cloud.close()
})

const origins: Readonly<
  Record<string, () => { url: string; path: string; headers: Record<string, string> }>
> = {
  'the cloud with a token': () => ({
    url: cloud.origin,
    path: '/storage/v1/b?project=caec-local',
    headers: { authorization: `Bearer ${cloud.tokenFor('ops')}` },
  }),
  'the public keys of the cloud': () => ({
    url: cloud.origin,
    path: '/_github/.well-known/jwks',
    headers: {},
  }),
  'a metadata server with its header': () => ({
    url: `http://${metadata.host}`,
    path: '/computeMetadata/v1/instance/service-accounts/default/token',
    headers: { 'metadata-flavor': 'Google' },
  }),
  'the local GitHub with a token': () => ({
    url: github.url,
    path: '/user',
    headers: { authorization: 'Bearer x' },
  }),
}

/** node:http and not fetch, which sends no other Host than the address's. */
const ask = (name: string, host: string, target?: string): Promise<{ status: number; body: string }> =>
  new Promise((resolve, reject) => {
    const { url, path, headers } = origins[name]!()
    request(url, { path: target ?? path, headers: { ...headers, host } }, (reply) => {
      let body = ''
      reply.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
      reply.on('end', () => {
        resolve({ status: reply.statusCode ?? 0, body })
      })
    })
      .on('error', reject)
      .end()
  })
const portOf = (name: string): string => new URL(origins[name]!().url).port

describe.each(Object.keys(origins))('%s', (name) => {
  it('answers no other host than loopback, and tells it nothing', async () => {
    for (const host of [
      'evil.example',
      `evil.example:${portOf(name)}`,
      '127.0.0.1.nip.example',
      'localhost.evil.example',
      '127.0.0.1@evil.example',
      '0.0.0.0',
      '169.254.169.254',
    ]) {
      const { status, body } = await ask(name, host)
      expect([host, status]).toEqual([host, 421])
      expect(body).not.toMatch(/evil|token|login|keys"/)
    }
  })
  it('answers to each name of loopback, with or without a port', async () => {
    for (const host of [`127.0.0.1:${portOf(name)}`, 'localhost', `LOCALHOST:${portOf(name)}`, '[::1]:80'])
      expect([host, (await ask(name, host)).status]).toEqual([host, 200])
  })
  it('refuses an address in absolute form that names another host', async () => {
    expect((await ask(name, '127.0.0.1', 'http://evil.example/')).status).toBe(421)
  })
})
