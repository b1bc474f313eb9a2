/** The state's bucket on a bad day: what passes is passed over, what does not is named, and the next run is whole. */
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { connect } from '../../../actions/_shared/google/connect.ts'
import { openStorage } from '../../../actions/_shared/google/storage.ts'
import { saveState, type Latest } from '../../../actions/run-dbt/src/state.ts'
import { startTestCloud, type TestCloud } from '../../support/cloud.ts'
import { openFaultProxy, type FaultName } from '../../support/fault-proxy.ts'
import { overridesFor, signIn, type SignedInJob } from '../../support/signed-in-job.ts'

const BUCKET = 'caec-local-staging'
let cloud: TestCloud
let job: SignedInJob
beforeAll(async () => {
  cloud = await startTestCloud({ services: ['storage'] })
  job = await signIn(cloud, 'dbt')
})
afterAll(() => Promise.all([job.close(), cloud.close()]))

async function save(origin: string, prefix: string): Promise<string> {
  const google = await connect(
    {},
    {
      environment: {
        ...job.env,
        CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE: overridesFor(origin).CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE,
      },
      log: { info: () => undefined, debug: () => undefined, warning: () => undefined },
      mask: () => undefined,
    },
  )
  return saveState(
    openStorage(google),
    { bucket: BUCKET, prefix },
    { 'manifest.json': Buffer.from('{"metadata":{}}'), 'bytes.json': Buffer.from('{}') },
    { id: 'c'.repeat(40), at: 200 },
    { id: '5', attempt: '1', url: '' },
  )
}

async function latest(prefix: string): Promise<string | undefined> {
  const name = encodeURIComponent(`${prefix}latest.json`)
  const reply = await cloud.fetchAs('data-eng', `/storage/v1/b/${BUCKET}/o/${name}?alt=media`)
  return reply.ok ? ((await reply.json()) as Latest).folder : undefined
}

let round = 0
/** @param name of the object whose upload is hit. */
async function saveThrough(fault: FaultName, name: string) {
  const prefix = `run-dbt/faults ${(round += 1)}/`
  const proxy = await openFaultProxy(
    cloud.origin,
    fault,
    ({ method, url = '' }) => method === 'POST' && decodeURIComponent(url).includes(name),
  )
  const said = await save(proxy.origin, prefix).catch((error: unknown) => error)
  proxy.close()
  expect([proxy.strikes() > 0, proxy.strangersAsked()]).toEqual([true, 0])
  return { said, prefix }
}

const GO_ON: readonly FaultName[] = [
  '429 with Retry-After',
  '502 from a proxy',
  '503 from Google',
  'reset before the answer',
  'answer lost after the work',
  'late 503 after the work',
  'cut body',
  '200 with nothing',
  '401 in the middle',
]
it.each(GO_ON.flatMap((fault) => ['latest.json', 'manifest.json'].map((name) => [fault, name] as const)))(
  'goes on after: %s, of %s',
  async (fault, name) => {
    const { said, prefix } = await saveThrough(fault, name)
    expect(said).toMatch(/, the latest from now on\.$/)
    expect(await latest(prefix)).toBe('200-cccccccccccc-5-1')
  },
)

it.each<[FaultName, string]>([
  ['403 quota', 'quota'],
  ['200 with a web page', 'not-google'],
  ['redirect to another host', 'not-google'],
  ['412 precondition failed', 'conflict'],
])('stops at: %s, names %s, and the next run leaves its state', async (fault, problem) => {
  const { said, prefix } = await saveThrough(fault, 'latest.json')
  expect(said).toMatchObject({ problem })
  expect(await latest(prefix)).toBeUndefined()
  expect(await save(cloud.origin, prefix)).toMatch(/, the latest from now on\.$/)
})
