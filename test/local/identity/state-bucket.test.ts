/** The bucket of Terraform's state, which lies in a project of its own: what runs in the environment cannot touch it. */
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { startTestCloud, type Persona, type TestCloud } from '../../support/cloud.ts'

let cloud: TestCloud
beforeAll(async () => {
  cloud = await startTestCloud({ services: ['storage'] })
})
afterAll(() => cloud.close())

const write = async (persona: Persona, bucket: string): Promise<number> =>
  (
    await cloud.fetchAs(
      persona,
      `/upload/storage/v1/b/${bucket}/o?uploadType=media&name=dags/default.tfstate`,
      { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } },
    )
  ).status
const list = async (persona: Persona, bucket: string): Promise<number> =>
  (await cloud.fetchAs(persona, `/storage/v1/b/${bucket}/o`)).status

it('is out of reach of DAG code, which reaches every other bucket', async () => {
  const { state, ...others } = cloud.cloud.environment.buckets as Record<string, string>
  expect(Object.keys(others).sort()).toEqual(['dags', 'lake', 'raw', 'staging'])
  for (const bucket of Object.values(others))
    expect([bucket, await write('composer', bucket), await list('composer', bucket)]).toEqual([
      bucket,
      200,
      200,
    ])
  expect([await write('composer', state!), await list('composer', state!)]).toEqual([403, 403])
})

it('is read by the identity that plans, and written by nobody of the environment', async () => {
  const { state } = cloud.cloud.environment.buckets as Record<string, string>
  expect(await list('ci-plan', state!)).toBe(200)
  for (const persona of Object.keys(cloud.cloud.environment.serviceAccounts) as Persona[])
    expect([persona, await write(persona, state!)]).toEqual([persona, 403])
})
