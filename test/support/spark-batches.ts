/** Puts job files into the staging bucket and watches batches over HTTP, for tests that run real Spark. */
import { expect } from '@jest/globals'
import type { Persona, TestCloud } from './cloud.ts'

export const BATCHES = '/v1/projects/caec-local/locations/us-central1/batches'
export const WORKLOAD = 'caec-spark@caec-local.iam.gserviceaccount.com'
export const STAGING = 'caec-local-staging'

export interface ShownBatch {
  readonly name: string
  readonly uuid: string
  readonly state: string
  readonly stateMessage?: string
  readonly creator: string
  readonly operation: string
  readonly stateHistory: readonly { readonly state: string }[]
  readonly runtimeInfo: {
    readonly outputUri?: string
    readonly approximateUsage?: { readonly milliDcuSeconds: string; readonly shuffleStorageGbSeconds: string }
  }
}

export async function putJob(cloud: TestCloud, name: string, source: string): Promise<string> {
  const reply = await cloud.fetchAs(
    'data-eng',
    `/upload/storage/v1/b/${STAGING}/o?uploadType=media&name=${encodeURIComponent(name)}`,
    { method: 'POST', body: source, headers: { 'content-type': 'text/x-python' } },
  )
  expect(reply.status).toBe(200)
  return `gs://${STAGING}/${name}`
}

export function batchOf(
  mainPythonFileUri: string,
  pyspark: Record<string, unknown> = {},
  execution: Record<string, unknown> = {},
): Record<string, unknown> {
  return {
    pysparkBatch: { mainPythonFileUri, ...pyspark },
    runtimeConfig: { version: '2.3' },
    environmentConfig: {
      executionConfig: { serviceAccount: WORKLOAD, stagingBucket: STAGING, ...execution },
    },
  }
}

export async function createBatch(
  cloud: TestCloud,
  query: string,
  body: Record<string, unknown>,
  persona: Persona = 'ci-deploy',
): Promise<{ status: number; json: Record<string, any> }> {
  const reply = await cloud.fetchAs(persona, `${BATCHES}?${query}`, { method: 'POST', body })
  return { status: reply.status, json: (await reply.json()) as Record<string, any> }
}

export async function getBatch(cloud: TestCloud, batchId: string): Promise<ShownBatch> {
  return (await (await cloud.fetchAs('ci-deploy', `${BATCHES}/${batchId}`)).json()) as ShownBatch
}

export async function waitFor(
  cloud: TestCloud,
  batchId: string,
  isThere: (batch: ShownBatch) => boolean,
): Promise<ShownBatch> {
  for (;;) {
    const batch = await getBatch(cloud, batchId)
    if (isThere(batch)) return batch
    if (['FAILED', 'SUCCEEDED', 'CANCELLED'].includes(batch.state) && batch.runtimeInfo.approximateUsage)
      throw new Error(`batch ${batchId} ended ${batch.state}: ${batch.stateMessage}`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

/** Everything the driver printed so far, in order. */
export async function readOutput(cloud: TestCloud, batch: ShownBatch): Promise<string> {
  const [, bucket, prefix] = /^gs:\/\/([^/]+)\/(.+)$/.exec(batch.runtimeInfo.outputUri!)!
  const list = (await (
    await cloud.fetchAs('ci-deploy', `/storage/v1/b/${bucket}/o?prefix=${encodeURIComponent(prefix!)}`)
  ).json()) as { items?: { name: string }[] }
  const chunks = (list.items ?? []).map(async ({ name }) =>
    (
      await cloud.fetchAs('ci-deploy', `/storage/v1/b/${bucket}/o/${encodeURIComponent(name)}?alt=media`)
    ).text(),
  )
  return (await Promise.all(chunks)).join('')
}
