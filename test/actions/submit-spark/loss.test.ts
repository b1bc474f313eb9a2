/** What the client of the API would leave out of a request stops it: no batch runs that is not the one asked for. */
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { OAuth2Client } from 'google-auth-library'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Google } from '../../../actions/_shared/google/connect.ts'
import { createBatch } from '../../../actions/_shared/google/dataproc.ts'
import { createRequest } from '../../../actions/_shared/google/request.ts'

const bodies: unknown[] = []
let server: Server
let google: Google
beforeAll(async () => {
  server = createServer((request, reply) => {
    let text = ''
    request.on('data', (part: Buffer) => (text += part.toString()))
    request.on('end', () => {
      bodies.push(JSON.parse(text))
      reply
        .writeHead(200, { 'content-type': 'application/json' })
        .end('{"name":"projects/p/regions/r/operations/1"}')
    })
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const client = new OAuth2Client()
  client.setCredentials({ access_token: 'ya29.x', expiry_date: Date.now() + 3_600_000 })
  const endpoints = {
    overrides: [],
    root: () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  }
  const log = { info: () => undefined, warning: () => undefined }
  const request = createRequest({ client, endpoints, log: log.info, mask: () => undefined })
  google = { projectId: 'p', client, endpoints, request, log, notes: [] } as unknown as Google
}, 60_000)
afterAll(() => {
  server.close()
})

const ref = { projectId: 'p', region: 'us-central1', batchId: 'b' }
const create = (pysparkBatch: object) => createBatch(google, ref, 'a'.repeat(32), { pysparkBatch })

it('sends what it knows, and refuses by name what it does not', async () => {
  await create({ mainPythonFileUri: 'gs://b/a.py', args: ['', 'x'] })
  expect(bodies).toMatchObject([{ pysparkBatch: { mainPythonFileUri: 'gs://b/a.py', args: ['', 'x'] } }])
  await expect(create({ mainPythonFileUri: 'gs://b/a.py', newerField: { depth: 1 } })).rejects.toThrow(
    'the client of the API does not send pysparkBatch.newerField.depth',
  )
  expect(bodies).toHaveLength(1)
}, 60_000)
