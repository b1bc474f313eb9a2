/** Google's own clients, unmodified and through the whole credential chain, against the local cloud; each exchange is held against Google's discovery documents. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Storage } from '@google-cloud/storage'
import { IdentityPoolClient } from 'google-auth-library'
import { ensureChecks } from '../../local/toolchain/index.ts'
import { startTestCloud, type TestCloud } from '../support/cloud.ts'
import { checkExchanges, type RecordedExchange, type Verdict } from './discovery.ts'
import { findDocuments, loadDiscovery } from './discovery-documents.ts'

const run = promisify(execFile)
const exchanges: RecordedExchange[] = []
let cloud: TestCloud
let python: string

beforeAll(async () => {
  python = (await ensureChecks(() => undefined)).python
  cloud = await startTestCloud({ services: ['storage'], onExchange: (exchange) => exchanges.push(structuredClone(exchange)) })
}, 600_000)
afterAll(() => cloud.close())

/** The persona's credentials file, as the clients read it themselves from GOOGLE_APPLICATION_CREDENTIALS. */
function externalAccount(file: string): IdentityPoolClient {
  return new IdentityPoolClient({ ...JSON.parse(readFileSync(file, 'utf8')), scopes: ['https://www.googleapis.com/auth/cloud-platform'] })
}

/** Judges what was sent since the last call. */
function verdict(): Verdict {
  return checkExchanges(exchanges.splice(0), loadDiscovery(findDocuments(python)))
}

describe('contract with Google', () => {
  it('holds for the Python Storage client', async () => {
    const { env, personas } = cloud.cloud.describe()
    const { staging } = cloud.cloud.environment.buckets
    const environment = { ...process.env, ...env, GOOGLE_APPLICATION_CREDENTIALS: personas['data-eng'], API_ENDPOINT_OVERRIDE: cloud.origin }
    const { stdout } = await run(python, [join(import.meta.dirname, 'official_storage_client.py'), cloud.cloud.environment.project, staging], { env: environment })
      .catch((error: { stdout?: string; stderr?: string }) => { throw new Error(`${error.stdout}\n${error.stderr}`) })
    expect(stdout.trim().split('\n').at(-1)).toBe('permissions')
    const { violations, byMethod } = verdict()
    expect(violations).toEqual([])
    expect(Object.keys(byMethod)).toEqual(expect.arrayContaining(['storage.objects.insert', 'storage.objects.rewrite', 'storage.batch', 'sts.token', 'iamcredentials.projects.serviceAccounts.generateAccessToken']))
  }, 120_000)

  it('holds for the Node Storage client', async () => {
    const { environment } = cloud.cloud
    const storage = new Storage({ apiEndpoint: cloud.origin, projectId: environment.project, useAuthWithCustomEndpoint: true, authClient: externalAccount(cloud.cloud.describe().personas['data-eng']!) })
    const bucket = storage.bucket(environment.buckets.staging)
    const file = bucket.file('node/contract.txt')
    await file.save('one', { resumable: false, validation: 'crc32c', preconditionOpts: { ifGenerationMatch: 0 }, metadata: { cacheControl: 'no-store', metadata: { owner: 'x' } } })
    const [uri] = await bucket.file('node/resumable').createResumableUpload({ metadata: { contentType: 'text/plain' } })
    await bucket.file('node/resumable').save('two', { uri })
    await file.copy(bucket.file('node/copied'))
    await bucket.file('node/copied').setMetadata({ metadata: { a: 'b' } })
    await bucket.combine([file, bucket.file('node/resumable')], bucket.file('node/combined'))
    expect((await bucket.file('node/combined').download())[0].toString()).toBe('onetwo')
    expect((await bucket.getFiles({ prefix: 'node/' }))[0].length).toBe(4)
    await bucket.deleteFiles({ prefix: 'node/' })
    await expect(file.getMetadata()).rejects.toMatchObject({ code: 404 })
    await bucket.getMetadata()
    const { violations, checked } = verdict()
    expect(violations).toEqual([])
    expect(checked).toBeGreaterThan(14)
  })
})
