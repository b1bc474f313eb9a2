/**
 * The validator finds what it must: each planted fault is red with its place, and a faithful exchange is
 * green.
 */
import { beforeAll, describe, expect, it } from '@jest/globals'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRecorder } from '../../local/cloud/recorder.ts'
import { ensureChecks } from '../../local/toolchain/index.ts'
import { checkExchanges, checkRecordings, type RecordedExchange } from './discovery.ts'
import { documentNames, findDocuments, loadDiscovery, type Discovery } from './discovery-documents.ts'

let documentsDir: string
let discovery: Discovery
beforeAll(async () => {
  documentsDir = findDocuments((await ensureChecks(() => undefined)).python)
  discovery = loadDiscovery(documentsDir)
}, 600_000)

const userAgent = 'google-api-nodejs-client/11.3.4 (gzip)'
const insert: RecordedExchange = {
  id: 'storage.objects.insert',
  service: 'storage',
  method: 'POST',
  url: '/upload/storage/v1/b/bucket/o?uploadType=multipart&name=a',
  status: 200,
  userAgent,
  requestJson: { name: 'a', contentType: 'text/plain' },
  replyJson: {
    kind: 'storage#object',
    name: 'a',
    size: '3',
    generation: '12',
    timeCreated: '2026-11-23T10:00:00.000Z',
    metadata: { any: 'thing' },
  },
}
const batch: RecordedExchange = {
  id: 'dataproc.projects.locations.batches.create',
  service: 'dataproc',
  method: 'POST',
  url: '/v1/projects/p/locations/l/batches?batchId=b&$alt=json%3Benum-encoding%3Dint',
  status: 200,
  userAgent,
  requestJson: {
    pysparkBatch: { mainPythonFileUri: 'gs://b/x.py' },
    environmentConfig: { executionConfig: { ttl: '3600s' } },
  },
  replyJson: { name: 'operations/1', done: false },
}
const found = (exchange: RecordedExchange) =>
  checkExchanges([exchange], discovery).violations.map(({ where, what }) => `${where} ${what}`)

describe('a faithful exchange', () => {
  it.each([
    ['an upload', insert],
    ['a request with gax parameters', batch],
    [
      'a partial answer',
      {
        ...insert,
        id: 'storage.objects.list',
        method: 'GET',
        url: '/storage/v1/b/bucket/o?fields=items(name)',
        requestJson: undefined,
        replyJson: { items: [{ name: 'a' }] },
      },
    ],
    [
      'content',
      {
        ...insert,
        id: 'storage.objects.get',
        method: 'GET',
        url: '/download/storage/v1/b/bucket/o/a%2Fb?alt=media',
        requestJson: undefined,
        replyJson: undefined,
      },
    ],
    [
      'a step of an upload session',
      {
        ...insert,
        method: 'PUT',
        url: '/upload/storage/v1/b/bucket/o?uploadType=resumable&upload_id=REDACTED',
        status: 308,
        requestJson: undefined,
        replyJson: undefined,
      },
    ],
    [
      'a token exchange in proto names',
      {
        ...insert,
        id: 'sts.token',
        service: 'identity',
        url: '/v1/token',
        requestJson: { grant_type: 'x', subject_token: 'REDACTED' },
        replyJson: { access_token: 'REDACTED', expires_in: 3600 },
      },
    ],
    [
      'an int64 sent as a number',
      {
        ...insert,
        id: 'bigquery.jobs.insert',
        service: 'bigquery',
        url: '/bigquery/v2/projects/p/jobs',
        requestJson: { configuration: { jobTimeoutMs: 5, query: { query: 'SELECT 1' } } },
        replyJson: { kind: 'bigquery#job' },
      },
    ],
  ] as [string, RecordedExchange][])('%s passes', (_what, exchange) => {
    expect(found(exchange)).toEqual([])
  })
})

describe('a planted fault is red', () => {
  it.each<[string, RecordedExchange, string]>([
    [
      'an unknown field in the answer',
      { ...insert, replyJson: { name: 'a', colour: 'red' } },
      'response.colour is a field the schema does not have',
    ],
    [
      'an unknown field in the request',
      { ...insert, requestJson: { name: 'a', contentTyp: 'x' } },
      'request.contentTyp is a field the schema does not have',
    ],
    [
      'an int64 answered as a number',
      { ...insert, replyJson: { size: 3 } },
      'response.size is the number 3, not a string (uint64)',
    ],
    [
      'a time that is none',
      { ...insert, replyJson: { timeCreated: 'yesterday' } },
      "response.timeCreated is 'yesterday', not a date-time",
    ],
    ['null in the answer', { ...insert, replyJson: { md5Hash: null } }, 'response.md5Hash is null'],
    [
      'a text where a map belongs',
      { ...insert, replyJson: { metadata: 'x' } },
      'response.metadata is the string "x", not an object',
    ],
    [
      'an unknown enum value',
      {
        ...batch,
        id: 'dataproc.projects.locations.batches.get',
        method: 'GET',
        url: '/v1/projects/p/locations/l/batches/b',
        requestJson: undefined,
        replyJson: { state: 'DREAMING' },
      },
      "response.state is 'DREAMING', not one of STATE_UNSPECIFIED, PENDING, RUNNING, CANCELLING, CANCELLED, SUCCEEDED, FAILED",
    ],
    [
      'a duration without its unit',
      { ...batch, requestJson: { environmentConfig: { executionConfig: { ttl: '3600' } } } },
      "request.environmentConfig.executionConfig.ttl is '3600', not a google-duration",
    ],
    [
      'an unknown parameter',
      { ...batch, url: `${batch.url}&requestIdentity=x` },
      'query requestIdentity is a parameter the method does not have',
    ],
    [
      'a parameter of a wrong type',
      { ...insert, url: `${insert.url}&ifGenerationMatch=zero` },
      "query ifGenerationMatch is 'zero', not a int64",
    ],
    [
      'a required parameter that is missing',
      {
        ...insert,
        id: 'storage.buckets.list',
        method: 'GET',
        url: '/storage/v1/b',
        requestJson: undefined,
        replyJson: { kind: 'storage#buckets' },
      },
      'query project is required and missing',
    ],
    [
      'a required field that is missing',
      {
        ...insert,
        id: 'storage.buckets.insert',
        url: '/storage/v1/b?project=p',
        requestJson: { location: 'US' },
        replyJson: { kind: 'storage#bucket' },
      },
      'request.name is required and missing',
    ],
    [
      'an unknown method',
      { ...insert, id: 'storage.objects.shout', url: '/storage/v1/b/bucket/o/a/shout' },
      'method is in no discovery document',
    ],
    [
      'a method answered as another',
      { ...insert, id: 'storage.objects.get' },
      'method is answered as storage.objects.get',
    ],
    [
      'a body where none belongs',
      {
        ...insert,
        id: 'storage.objects.delete',
        method: 'DELETE',
        url: '/storage/v1/b/bucket/o/a',
        requestJson: undefined,
        replyJson: { done: true },
      },
      'response has a body where the method answers none',
    ],
    [
      'a real client that was told 501',
      {
        ...insert,
        id: 'unknown',
        service: 'unknown',
        url: '/storage/v9/b',
        status: 501,
        replyJson: { error: {} },
      },
      'method is not implemented: /storage/v9/b',
    ],
    [
      'an error of the wrong shape',
      {
        ...insert,
        status: 404,
        replyJson: {
          error: {
            code: 400,
            message: 'x',
            errors: [{ message: 'x', domain: 'global', reason: 'notFound', hint: 'y' }],
          },
        },
      },
      'error.code is 400 in an answer of status 404',
    ],
  ])('%s', (_what, exchange, violation) => {
    expect(found(exchange)).toContain(violation)
  })

  it('but a refused call of a test is not held against its request', () => {
    const hostile = {
      ...insert,
      url: `${insert.url}&nonsense=1`,
      status: 400,
      userAgent: 'node',
      replyJson: {
        error: { code: 400, message: 'x', errors: [{ message: 'x', domain: 'global', reason: 'invalid' }] },
      },
    }
    expect(found(hostile)).toEqual([])
    expect(found({ ...hostile, userAgent })).toEqual([
      'query nonsense is a parameter the method does not have',
    ])
    expect(found({ ...hostile, status: 200, replyJson: insert.replyJson })).toEqual([
      'query nonsense is a parameter the method does not have',
    ])
  })
})

describe('recordings', () => {
  it('are read back, counted by method and client, with the revisions they were checked against', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'recordings '))
    try {
      const record = createRecorder(dir)
      record(insert)
      record({ ...insert, replyJson: { size: 3 } })
      record({ ...insert, id: 'local.runs.create', url: '/_local/runs' }) // the cloud's own administration is not recorded
      await writeFile(join(dir, 'notes.txt'), 'not a recording')
      const verdict = checkRecordings(dir, documentsDir)
      expect(verdict).toMatchObject({
        checked: 2,
        notGoogle: 0,
        byMethod: {
          'storage.objects.insert': {
            exchanges: 2,
            violations: 1,
            clients: { 'google-auth-library (Node)': 2 },
          },
        },
      })
      expect(Object.keys(verdict.revisions).sort()).toEqual([...documentNames].sort())
      expect(verdict.violations).toEqual([
        expect.objectContaining({ method: 'storage.objects.insert', where: 'response.size', count: 1 }),
      ])
    } finally {
      await rm(dir, { recursive: true })
    }
  })

  it('hold no secret and no long content', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'recordings '))
    try {
      createRecorder(dir)({
        ...insert,
        url: '/upload/x?upload_id=SESAME&access_token=SESAME',
        requestJson: {
          subject_token: 'SESAME',
          options: 'x'.repeat(9000),
          rows: Array.from({ length: 500 }, () => 1),
        },
        replyJson: { accessToken: 'SESAME' },
      })
      const [file] = (await import('node:fs')).readdirSync(dir)
      const text = await readFile(join(dir, file!), 'utf8')
      expect(text).not.toContain('SESAME')
      expect(text.length).toBeLessThan(6000)
    } finally {
      await rm(dir, { recursive: true })
    }
  })
})
