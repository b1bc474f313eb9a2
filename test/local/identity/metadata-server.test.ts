/** The metadata server of a workload, asked as a client library asks. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { decodeJwt } from 'jose'
import { startTestCloud, type TestCloud } from '../../support/cloud.ts'

let cloud: TestCloud
let server: { host: string; close(): Promise<void> }
let nowMs = Date.now()
const email = 'caec-spark@caec-local.iam.gserviceaccount.com'
beforeAll(async () => {
  cloud = await startTestCloud({ services: [], now: () => nowMs })
  server = await cloud.cloud.identity.openMetadataServer(email)
})
afterAll(() => cloud.close())
const ask = async (path: string, headers: Record<string, string> = { 'Metadata-Flavor': 'Google' }) => {
  const reply = await fetch(`http://${server.host}${path}`, { headers })
  return {
    status: reply.status,
    flavor: reply.headers.get('metadata-flavor'),
    type: reply.headers.get('content-type'),
    body: await reply.text(),
  }
}
const token = async () =>
  JSON.parse((await ask('/computeMetadata/v1/instance/service-accounts/default/token')).body) as {
    access_token: string
    expires_in: number
    token_type: string
  }

describe('a metadata server', () => {
  it('gives the token of its own account, the same one until it nears its end', async () => {
    const first = await token()
    expect(first).toEqual({ access_token: expect.any(String), expires_in: 3600, token_type: 'Bearer' })
    expect(cloud.cloud.identity.authenticate(`Bearer ${first.access_token}`).email).toBe(email)
    expect((await token()).access_token).toBe(first.access_token)
    nowMs += 56 * 60 * 1000
    expect((await token()).access_token).not.toBe(first.access_token)
  })
  it('names account, scopes and project as a virtual machine does', async () => {
    const account = '/computeMetadata/v1/instance/service-accounts'
    expect((await ask(`${account}/default/email`)).body).toBe(email)
    expect((await ask(`${account}/${email}/email`)).body).toBe(email)
    expect((await ask(`${account}/`)).body).toBe(`default/\n${email}/\n`)
    expect(JSON.parse((await ask(`${account}/default/?recursive=true`)).body)).toEqual({
      aliases: ['default'],
      email,
      scopes: ['https://www.googleapis.com/auth/cloud-platform'],
    })
    expect((await ask('/computeMetadata/v1/project/project-id')).body).toBe('caec-local')
    expect((await ask('/computeMetadata/v1/project/numeric-project-id')).body).toBe('100000000001')
    expect((await ask('/computeMetadata/v1/universe/universe-domain')).body).toBe('googleapis.com')
    expect(await ask('/', {})).toMatchObject({ status: 200, flavor: 'Google' })
  })
  it('signs identity tokens for an audience', async () => {
    const path = '/computeMetadata/v1/instance/service-accounts/default/identity'
    expect(decodeJwt((await ask(`${path}?audience=https://a.example`)).body)).toMatchObject({
      aud: 'https://a.example',
      email,
      iss: 'https://accounts.google.com',
    })
    expect((await ask(path)).status).toBe(400)
  })
  it('refuses callers without the header, through a proxy, for other accounts and other paths', async () => {
    const path = '/computeMetadata/v1/instance/service-accounts/default/token'
    expect((await ask(path, {})).status).toBe(403)
    expect((await ask(path, { 'Metadata-Flavor': 'Google', 'X-Forwarded-For': '1.2.3.4' })).status).toBe(403)
    expect((await ask(path.replace('default', 'caec-ops@caec-local.iam.gserviceaccount.com'))).status).toBe(
      404,
    )
    expect((await ask('/computeMetadata/v1/instance/attributes/ssh-keys')).status).toBe(404)
    expect(
      (
        await fetch(`http://${server.host}${path}`, {
          method: 'POST',
          headers: { 'Metadata-Flavor': 'Google' },
        })
      ).status,
    ).toBe(405)
  })
  it('refuses an account the environment does not name, and is gone after close', async () => {
    await expect(
      cloud.cloud.identity.openMetadataServer('x@caec-local.iam.gserviceaccount.com'),
    ).rejects.toThrow(/no service account/)
    const second = await cloud.cloud.identity.openMetadataServer(email)
    await second.close()
    await second.close()
    await expect(fetch(`http://${second.host}/`)).rejects.toThrow()
  })
})
