/**
 * The platform as a deployment leaves it, on a local cloud of its own: code staged, tables and authorized
 * views there, the DAG folder with its release; and the workflow's way over everything.
 */
import { createHash } from 'node:crypto'
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { zipSync } from 'fflate'
import { startDbt } from '../dbt/dbt-session.ts'
import { readRows } from '../dbt/warehouse.ts'
import { repoRoot, startTestCloud, type TestCloud } from '../support/cloud.ts'
import { runBundle } from '../support/runner.ts'
import { signIn } from '../support/signed-in-job.ts'
import { batchOf, createBatch, waitFor } from '../support/spark-batches.ts'
import type { DayFile } from './events.ts'

interface JobFiles {
  readonly main: string
  readonly pyFiles: readonly string[]
}
export interface Release {
  readonly schemaVersion: 1
  readonly digest: string
  readonly spark: Readonly<Record<string, JobFiles>>
  readonly dbt: { readonly image: string } | null
}
export interface Platform {
  readonly cloud: TestCloud
  /** Where Airflow finds its DAGs. */
  readonly dags: string
  readonly release: Release
  putDay(file: DayFile): Promise<void>
  /** A raw file of any name and content. */
  putRaw(name: string, body: string | Uint8Array): Promise<void>
  /**
   * Clean, sessionize, load and build over all days, as workflows-examples/pipeline.yml does with `full`;
   * nothing built before is kept.
   */
  runWorkflowSteps(): Promise<void>
  /** The same for what is new; `says` is what dbt said where a command failed. */
  runNew(): Promise<{ readonly isGreen: boolean; readonly says: string }>
  removeRaw(name: string): Promise<void>
  /** Every row of every table and of every view. */
  readAll(): Promise<Record<string, unknown[]>>
}

const LAKE = 'gs://caec-local-lake'
const ORIGIN = { pipeline: 'clickstream' }

export async function deployPlatform(folder: string): Promise<Platform> {
  const cloud = await startTestCloud()
  const release = await stageSpark(cloud)
  const dags = join(folder, 'dags')
  await cp(join(repoRoot, 'dags'), dags, { recursive: true, filter: (path) => !path.includes('__pycache__') })
  await writeFile(join(dags, 'clickstream_pipeline.release.json'), JSON.stringify(release, null, 2))
  await buildEmptyTables(cloud, folder)
  await publishViews(cloud)
  let runs = 0
  return {
    cloud,
    dags,
    release,
    putDay: ({ day, csv }) => put(cloud, 'data-eng', 'caec-local-raw', `events/${day}.csv`, csv),
    putRaw: (name, body) => put(cloud, 'data-eng', 'caec-local-raw', `events/${name}`, body),
    runWorkflowSteps: () => runWorkflowSteps(cloud, release, folder),
    async runNew() {
      await runSpark(cloud, release, 'new', `new-${++runs}-`)
      const said = await withDbt(cloud, folder, [
        ['run-operation', 'load_sessionized_events', '--args', `{lake: ${LAKE}}`],
        BUILD,
        ['run-operation', 'check_gate'],
      ]).then(
        () => '',
        (error: unknown) => String(error),
      )
      return { isGreen: said === '', says: said }
    },
    async removeRaw(name) {
      const path = `/storage/v1/b/caec-local-raw/o/${encodeURIComponent(`events/${name}`)}`
      const reply = await cloud.fetchAs('data-eng', path, { method: 'DELETE' })
      if (!reply.ok) throw new Error(`removing ${name}: ${reply.status} ${await reply.text()}`)
    },
    readAll: () => readAll(cloud),
  }
}

async function put(
  cloud: TestCloud,
  persona: Parameters<TestCloud['fetchAs']>[0],
  bucket: string,
  name: string,
  body: string | Uint8Array,
): Promise<void> {
  const reply = await cloud.fetchAs(
    persona,
    `/upload/storage/v1/b/${bucket}/o?uploadType=media&name=${encodeURIComponent(name)}`,
    { method: 'POST', body, headers: { 'content-type': 'application/octet-stream' } },
  )
  if (!reply.ok) throw new Error(`uploading ${name}: ${reply.status} ${await reply.text()}`)
}

/** Under the names submit-spark gives: the digest of the bytes, then the file. */
async function stageSpark(cloud: TestCloud): Promise<Release> {
  const stage = async (name: string, bytes: Uint8Array): Promise<string> => {
    const object = `submit-spark/${createHash('sha256').update(bytes).digest('hex')}/${name}`
    await put(cloud, 'ci-deploy', 'caec-local-staging', object, bytes)
    return object
  }
  const pyFiles = await Promise.all(
    ['tables', 'transforms'].map(async (name) => {
      const files = (await readdir(join(repoRoot, 'spark', name), { recursive: true }))
        .filter((file) => /\.(py|json)$/.test(file))
        .sort()
      const entries = await Promise.all(
        files.map(
          async (file) => [`${name}/${file}`, await readFile(join(repoRoot, 'spark', name, file))] as const,
        ),
      )
      return stage(`${name}.zip`, zipSync(Object.fromEntries(entries), { mtime: new Date(1980, 0, 1) }))
    }),
  )
  const jobs = await Promise.all(
    ['clean', 'sessionize'].map(
      async (job) =>
        [
          job,
          {
            main: await stage(`${job}.py`, await readFile(join(repoRoot, 'spark/jobs', `${job}.py`))),
            pyFiles,
          },
        ] as const,
    ),
  )
  return { schemaVersion: 1, digest: '0'.repeat(64), spark: Object.fromEntries(jobs), dbt: null }
}

async function withDbt(
  cloud: TestCloud,
  folder: string,
  commands: readonly (readonly string[])[],
): Promise<void> {
  await mkdir(join(folder, 'dbt'), { recursive: true })
  const dbt = await startDbt(cloud, join(folder, 'dbt'))
  try {
    for (const command of commands) {
      const outcome = await dbt.run(...command)
      if (!outcome.success)
        throw new Error(
          `dbt ${command.join(' ')}: ${outcome.exception} ${JSON.stringify(outcome.results.filter(({ status }) => !['success', 'pass'].includes(status))).slice(0, 2000)}`,
        )
    }
  } finally {
    await dbt.close()
  }
}

const BUILD = ['build', '--exclude-resource-type', 'unit_test']
const buildEmptyTables = (cloud: TestCloud, folder: string): Promise<void> =>
  withDbt(cloud, folder, [['run-operation', 'create_raw_tables'], BUILD])

async function publishViews(cloud: TestCloud): Promise<void> {
  const job = await signIn(cloud)
  try {
    await cp(join(repoRoot, 'bigquery/views'), join(job.workspace, 'views'), { recursive: true })
    const { exitCode, log } = await runBundle('publish-views', {
      job,
      env: job.env,
      with: { source: 'views', location: 'us-central1' },
    })
    if (exitCode !== 0) throw new Error(`publishing the views: ${log}`)
  } finally {
    await job.close()
  }
}

async function runSpark(
  cloud: TestCloud,
  release: Release,
  days: 'all' | 'new',
  prefix: string,
): Promise<void> {
  for (const [job, args] of [
    ['clean', [`--raw=gs://caec-local-raw/events/`, '--max-rejected-share=source', '--source=']],
    ['sessionize', []],
  ] as const) {
    const { main, pyFiles } = release.spark[job]!
    const batchId = `${prefix}${job}`
    const { status, json } = await createBatch(cloud, `batchId=${batchId}`, {
      ...batchOf(`gs://caec-local-staging/${main}`, {
        pythonFileUris: pyFiles.map((name) => `gs://caec-local-staging/${name}`),
        args: [...args, `--lake=${LAKE}`, `--days=${days}`],
      }),
      labels: ORIGIN,
    })
    if (status !== 200) throw new Error(JSON.stringify(json))
    await waitFor(cloud, batchId, ({ state }) => state === 'SUCCEEDED')
  }
}

async function runWorkflowSteps(cloud: TestCloud, release: Release, folder: string): Promise<void> {
  await runSpark(cloud, release, 'all', 'full-')
  await withDbt(cloud, folder, [
    ['run-operation', 'load_sessionized_events', '--args', `{lake: ${LAKE}, full: true}`],
    [...BUILD, '--full-refresh'],
  ])
}

async function readAll(cloud: TestCloud): Promise<Record<string, unknown[]>> {
  const tables = [
    'caec_raw.sessionized_events',
    'caec_analytics.fct_events',
    'caec_analytics.fct_sessions',
    'caec_analytics.dim_users',
  ]
  const views = (await readdir(join(repoRoot, 'bigquery/views/caec_insights'))).map(
    (file) => `caec_insights.${file.replace('.sql', '')}`,
  )
  const rows: Record<string, unknown[]> = {}
  for (const name of [...tables, ...views]) rows[name] = await readRows(cloud, `SELECT * FROM \`${name}\``)
  return rows
}
