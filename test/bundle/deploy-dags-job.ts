/** What the tests of the deploy-dags bundle share: the job's DAG folder and the bucket it is deployed to. It refuses nothing. */
import { mkdir, rm, writeFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { dirname, join } from 'node:path'
import type { TestCloud } from '../support/cloud.ts'
import { runBundle, type RunResult } from '../support/runner.ts'
import { signIn, type SignedInJob } from '../support/signed-in-job.ts'

export const BUCKET = 'caec-local-dags'

/** The upload of a DAG file, not of a record. */
export const isUpload = ({ method, url }: IncomingMessage): boolean =>
  method === 'POST' && /^\/upload\/.*[?&]name=dags%2F/.test(url ?? '')

export interface StoredDag {
  readonly name: string
  readonly generation: string
  readonly metadata?: Readonly<Record<string, string>>
  readonly contentType: string
}
export interface DagsJob extends SignedInJob {
  /** Files below `dags/` of the workspace. */
  write(files: Readonly<Record<string, string | Buffer>>): Promise<void>
  /** Without asking Airflow, unless the inputs say so. */
  deploy(inputs?: Record<string, string>, env?: Record<string, string>): Promise<RunResult>
  /** But for what deployments wrote down. */
  objects(): Promise<StoredDag[]>
  names(): Promise<string[]>
  /** Names below `clickstream-deployments/`. */
  recorded(): Promise<string[]>
  contentOf(name: string): Promise<string>
  /** As somebody else would. */
  put(name: string, text: string): Promise<void>
  /** Nothing in the bucket, nothing in the workspace. */
  empty(): Promise<void>
}

export async function openDagsJob(cloud: TestCloud): Promise<DagsJob> {
  const job = await signIn(cloud)
  const object = (name: string): string => `/storage/v1/b/${BUCKET}/o/${encodeURIComponent(name)}`
  const everything = async (): Promise<StoredDag[]> => {
    const found: StoredDag[] = []
    for (let token = ''; ;) {
      const reply = await cloud.fetchAs('data-eng', `/storage/v1/b/${BUCKET}/o?pageToken=${token}`)
      const page = (await reply.json()) as { items?: StoredDag[]; nextPageToken?: string }
      found.push(...(page.items ?? []))
      if (!page.nextPageToken) return found
      token = encodeURIComponent(page.nextPageToken)
    }
  }
  const isRecord = ({ name }: StoredDag) => name.startsWith('clickstream-deployments/')
  const objects = async () => (await everything()).filter((one) => !isRecord(one))
  return {
    ...job,
    objects,
    names: async () => (await objects()).map(({ name }) => name).sort(),
    recorded: async () => (await everything()).filter(isRecord).map(({ name }) => name),
    write: async (files) => {
      for (const [name, text] of Object.entries(files)) {
        await mkdir(dirname(join(job.workspace, 'dags', name)), { recursive: true })
        await writeFile(join(job.workspace, 'dags', name), text)
      }
    },
    deploy: (inputs = {}, env = {}) =>
      runBundle('deploy-dags', {
        job,
        env: { ...job.env, ...env },
        with: { environment: 'caec', location: 'us-central1', 'check-imports': 'false', ...inputs },
      }),
    contentOf: async (name) => (await cloud.fetchAs('data-eng', `${object(name)}?alt=media`)).text(),
    put: async (name, text) => {
      const path = `/upload/storage/v1/b/${BUCKET}/o?uploadType=media&name=${encodeURIComponent(name)}`
      const reply = await cloud.fetchAs('data-eng', path, { method: 'POST', body: text })
      if (!reply.ok) throw new Error(await reply.text())
    },
    empty: async () => {
      await Promise.all(
        (await everything()).map(({ name }) => cloud.fetchAs('data-eng', object(name), { method: 'DELETE' })),
      )
      await rm(join(job.workspace, 'dags'), { recursive: true, force: true })
    },
  }
}
