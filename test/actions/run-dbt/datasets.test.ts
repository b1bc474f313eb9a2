/** A pull request's dataset is protected as production's is. */
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { connect } from '../../../actions/_shared/google/connect.ts'
import { create, keyOfProduction } from '../../../actions/run-dbt/src/datasets.ts'
import { startTestCloud, type TestCloud } from '../../support/cloud.ts'
import { overridesFor, signIn, type SignedInJob } from '../../support/signed-in-job.ts'

const KEY = 'projects/caec-local/locations/us-central1/keyRings/r/cryptoKeys/k'
let cloud: TestCloud
let job: SignedInJob
beforeAll(async () => {
  cloud = await startTestCloud({ services: [] })
  job = await signIn(cloud, 'dbt')
})
afterAll(() => Promise.all([job.close(), cloud.close()]))

const described = { kind: 'bigquery#dataset', etag: 'e', location: 'us-central1' }
const refused = { error: { code: 403, message: 'no', errors: [{ reason: 'accessDenied' }] } }
it.each<[string, number, object, object | undefined]>([
  [
    "with production's key",
    200,
    { ...described, defaultEncryptionConfiguration: { kmsKeyName: KEY } },
    { kmsKeyName: KEY },
  ],
  ["with Google's key as production is", 200, described, undefined],
  ['also where production may not be seen', 403, refused, undefined],
  ['also where there is none yet', 404, { error: { code: 404, message: 'Not found: Dataset' } }, undefined],
])('is made %s', async (_, status, answer, expected) => {
  const made: any[] = []
  const server = createServer((request, reply) => {
    void text(request).then((body) => {
      const isPost = request.method === 'POST'
      if (isPost) made.push(JSON.parse(body))
      reply.writeHead(isPost ? 200 : status, { 'content-type': 'application/json; charset=UTF-8' })
      reply.end(JSON.stringify(isPost ? { ...JSON.parse(body), ...described } : answer))
    })
  }).listen(0, '127.0.0.1')
  await new Promise((listening) => server.once('listening', listening))
  const { port } = server.address() as AddressInfo
  const { CLOUDSDK_API_ENDPOINT_OVERRIDES_BIGQUERY } = overridesFor(`http://127.0.0.1:${port}`)
  const google = await connect(
    {},
    {
      environment: { ...job.env, CLOUDSDK_API_ENDPOINT_OVERRIDES_BIGQUERY },
      log: { info: () => undefined, debug: () => undefined, warning: () => undefined },
      mask: () => undefined,
    },
  )
  try {
    await create(
      'caec_analytics_pr_7',
      {
        location: 'us-central1',
        pullRequest: { hasOwnSchema: true, isCleanup: false, expiryDays: 7 },
      },
      {
        pullRequest: { number: 7, proof: { 'pull-request': '7' } },
      } as unknown as Parameters<typeof create>[2],
      google,
      await keyOfProduction({ dataset: 'caec_analytics' }, google),
    )
  } finally {
    server.close()
    server.closeAllConnections()
  }
  expect(made).toEqual([
    expect.objectContaining({
      labels: { 'pull-request': '7' },
      defaultTableExpirationMs: String(7 * 86_400_000),
    }),
  ])
  expect(made[0].defaultEncryptionConfiguration).toEqual(expected)
})
