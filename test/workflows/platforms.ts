/**
 * Runs this repository's workflow files against local clouds of dev and prod that share one runner state; it
 * looks at what came of them over HTTP only.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { connectToCloud } from '../../local/runner/cloud-connection.ts'
import { localVars, readGithubEnvironments } from '../../local/runner/environment-vars.ts'
import type { JobResult, WorkflowResult } from '../../local/runner/result.ts'
import { runWorkflow, type RepositoryIdentity, type RunOptions } from '../../local/runner/run-workflow.ts'
import { ensureDbt, ensureSpark } from '../../local/toolchain/index.ts'
import { repoRoot, startTestCloud, type Persona, type TestCloud } from '../support/cloud.ts'

export interface Platforms {
  readonly dev: TestCloud
  /** Of the runner: runs, and what the local GitHub keeps. */
  readonly stateDir: string
  /** The repository that the bindings of the local cloud name. */
  readonly identity: RepositoryIdentity
  /** Variables by environment. */
  readonly vars: Readonly<Record<string, Record<string, string>>>
  /** Started at its first use. */
  prod(): Promise<TestCloud>
  /** Lines shown by the last run. */
  readonly shown: string[]
  run(file: string, options?: Partial<RunOptions> & { readonly on?: TestCloud }): Promise<WorkflowResult>
  close(): Promise<void>
}

export async function openPlatforms(): Promise<Platforms> {
  const stateDir = await mkdtemp(join(tmpdir(), 'workflow runs '))
  const spark = await ensureSpark(() => undefined)
  const toolPaths = [
    dirname((await ensureDbt(() => undefined)).dbt),
    dirname(spark.python),
    join(spark.javaHome, 'bin'),
  ]
  const environments = await readGithubEnvironments(repoRoot)
  const identity = environments.dev!.identity
  const vars = Object.fromEntries(
    Object.entries(environments).map(([name, environment]) => [name, { ...environment.vars, ...localVars }]),
  )
  const dev = await startTestCloud()
  let prod: Promise<TestCloud> | undefined
  const shown: string[] = []
  return {
    dev,
    stateDir,
    identity,
    vars,
    shown,
    prod: () =>
      (prod ??= startTestCloud({
        environmentFile: join(repoRoot, 'terraform-infra/environments/prod/environment.yaml'),
      })),
    run(file, { on = dev, ...options } = {}) {
      shown.length = 0
      return runWorkflow({
        file,
        repositoryRoot: repoRoot,
        stateDir,
        identity,
        environments: vars,
        toolPaths,
        cloud: connectToCloud(on.origin, on.stateDir),
        show: (line) => void shown.push(line),
        ...options,
      })
    },
    async close() {
      await Promise.all([dev.close(), prod?.then((cloud) => cloud.close())])
      await rm(stateDir, { recursive: true, force: true })
    },
  }
}

/** What a person reads when a run ends: each job with its result and first error. */
export const verdict = (result: WorkflowResult): Record<string, string> =>
  Object.fromEntries(
    result.jobs.map((job) => [
      job.id,
      [
        job.result,
        ...job.annotations
          .filter(({ level }) => level === 'error')
          .map(({ message }) => message.split('\n')[0]!),
      ].join(': '),
    ]),
  )

export const jobOf = (result: WorkflowResult, id: string): JobResult => {
  const job = result.jobs.find((candidate) => candidate.id === id)
  if (job === undefined)
    throw new Error(`no job ${id} among ${result.jobs.map((candidate) => candidate.id).join(', ')}`)
  return job
}
export const stepsOf = (job: JobResult): Record<string, string> =>
  Object.fromEntries(job.steps.map((step) => [step.name, step.outcome]))

/** Name and generation of every object of a bucket below a prefix: nothing was written when it is equal. */
export async function objectsOf(
  cloud: TestCloud,
  bucket: 'dags' | 'staging' | 'lake',
  prefix = '',
): Promise<Record<string, string>> {
  const reply = await cloud.fetchAs(
    'data-eng',
    `/storage/v1/b/${cloud.cloud.environment.buckets[bucket]}/o?prefix=${encodeURIComponent(prefix)}`,
  )
  const { items = [] } = (await reply.json()) as {
    items?: { name: string; generation: string; md5Hash: string }[]
  }
  return Object.fromEntries(items.map(({ name, generation }) => [name, generation]))
}

export async function readObject(
  cloud: TestCloud,
  bucket: 'dags' | 'staging',
  name: string,
): Promise<Buffer> {
  const reply = await cloud.fetchAs(
    'data-eng',
    `/storage/v1/b/${cloud.cloud.environment.buckets[bucket]}/o/${encodeURIComponent(name)}?alt=media`,
  )
  if (!reply.ok) throw new Error(`${name}: HTTP ${reply.status}`)
  return Buffer.from(await reply.arrayBuffer())
}

/** Tables and views of a dataset with their etags; undefined when there is no such dataset. */
export async function tablesOf(
  cloud: TestCloud,
  dataset: string,
  persona: Persona = 'data-eng',
): Promise<Record<string, string> | undefined> {
  const base = `/bigquery/v2/projects/${cloud.cloud.environment.project}/datasets/${dataset}`
  const reply = await cloud.fetchAs(persona, `${base}/tables?maxResults=1000`)
  if (reply.status === 404) return undefined
  const { tables = [] } = (await reply.json()) as { tables?: { tableReference: { tableId: string } }[] }
  return Object.fromEntries(
    await Promise.all(
      tables.map(async ({ tableReference: { tableId } }) => {
        const table = (await (await cloud.fetchAs(persona, `${base}/tables/${tableId}`)).json()) as {
          etag: string
          lastModifiedTime: string
        }
        return [tableId, table.lastModifiedTime] as const
      }),
    ),
  )
}

export async function query(
  cloud: TestCloud,
  sql: string,
  persona: Persona = 'data-eng',
): Promise<string[][]> {
  const { project, region } = cloud.cloud.environment
  const reply = await cloud.fetchAs(persona, `/bigquery/v2/projects/${project}/queries`, {
    method: 'POST',
    body: { query: sql, useLegacySql: false, location: region },
  })
  const body = (await reply.json()) as { rows?: { f: { v: string }[] }[]; error?: { message: string } }
  if (!reply.ok) throw new Error(body.error?.message)
  return (body.rows ?? []).map(({ f }) => f.map(({ v }) => v))
}
