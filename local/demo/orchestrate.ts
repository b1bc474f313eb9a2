/**
 * The main job as production runs it: a release is deployed, then a real Airflow runs the DAG day after day.
 * It refuses to go on after a task that failed.
 */
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { copyDags } from '../cloud/composer/dags-folder.ts'
import type { DagRun, TaskInstance } from '../cloud/composer/airflow-api.ts'
import { startAirflow, type RunningAirflow } from '../cloud/composer/airflow-server.ts'
import { startCloud, type RunningCloud } from '../cloud/server.ts'
import { ensureAirflow, ensureAirflowDatabase, ensureDbt } from '../toolchain/index.ts'
import { splitByDay, type Day } from './day-files.ts'
import { readJson, uploadFile, type StorageAccess } from './lake.ts'
import type { Report } from './page.ts'
import {
  deliverEvents,
  DemoFailed,
  placeItems,
  placeSource,
  runStoryWorkflow,
  throwIfCancelled,
  writeStoryReport,
  type CleanCounts,
  type Story,
} from './story.ts'

const DEPLOYMENT = 'workflows-examples/first-deployment.yml'
const DAG = 'clickstream_pipeline'
const TASKS = ['wait_for_events', 'clean', 'sessionize', 'load', 'build', 'check_views']

export interface OrchestratedStory extends Story {
  readonly days: number
  /** Called when everything is green, while Airflow still runs; Airflow ends when it returns. */
  readonly whenGreen: (report: Report, airflow: RunningAirflow) => Promise<void>
}

export const tellOrchestratedStory = async (story: OrchestratedStory): Promise<Report> => {
  const { clock, generation, repositoryRoot, say, events } = story
  const folder = join(generation.directory, 'days')
  const { days, calendarDays } = await clock.run('days', `Splitting ${events.name} into one file a day`, () =>
    splitByDay(events, story.days, folder),
  )
  const [first, last] = [days[0]!.day, days.at(-1)!.day]
  if (days.length < calendarDays)
    say(`  the first ${days.length} of ${calendarDays} days, ${first} to ${last}; --days N runs more`)
  const cloud = await clock.run('cloud', 'Starting the local cloud', () =>
    startCloud({
      stateDir: generation.cloudDir,
      repoRoot: repositoryRoot,
      log: (line) => {
        say(`cloud │ ${line}`)
      },
    }),
  )
  try {
    const { environment } = cloud
    const { personas } = cloud.describe()
    const reader = (persona: string) => ({
      origin: cloud.origin,
      project: environment.project,
      location: environment.region,
      credentialsFile: personas[persona] ?? '',
    })
    const engineer: StorageAccess = reader('data-eng')
    await clock.run('deployment', 'Deploying a release', () =>
      // The image needs a container engine, and here dbt is a process.
      runStoryWorkflow(story, cloud, { file: DEPLOYMENT, withoutJobs: ['build/image'] }),
    )
    const source = await placeSource(story, engineer, environment.buckets.lake)
    const items = await placeItems(story, engineer, environment.buckets.lake)
    const metadata = await cloud.identity.openMetadataServer(environment.serviceAccounts.composer!)
    try {
      const airflow = await clock.run('airflow', 'Starting Airflow', () =>
        openAirflow(story, cloud, metadata.host, {
          AIRFLOW_VAR_CAEC_READY_OBJECT: 'events/{day}/_SUCCESS',
          ...(source === undefined ? {} : { AIRFLOW_VAR_CAEC_SOURCE: source }),
          ...(items === undefined ? {} : { AIRFLOW_VAR_CAEC_ITEMS: items }),
        }),
      )
      try {
        say(
          `airflow: ${airflow.login.url}/dags/${DAG} (user ${airflow.login.user}, password ${airflow.login.password})`,
        )
        const counts = await clock.run('dag', `Running ${DAG} over ${first} to ${last}`, () =>
          runDays(story, airflow, days, {
            deliver: async ({ day, files }) => {
              for (const file of files) await deliverEvents(engineer, environment.buckets.raw, file)
              const complete = join(folder, '_SUCCESS')
              await writeFile(complete, 'complete\n')
              await uploadFile(
                engineer,
                complete,
                environment.buckets.raw,
                `events/${day}/_SUCCESS`,
                'text/plain',
              )
            },
            counts: async () =>
              (await readJson(
                engineer,
                environment.buckets.lake,
                '_metrics/clean.json',
              )) as unknown as CleanCounts,
          }),
        )
        await rm(folder, { recursive: true, force: true })
        const name = days.length < calendarDays ? `${events.name}, ${first} to ${last}` : events.name
        const report = await writeStoryReport(story, {
          project: environment.project,
          datasets: environment.datasets,
          reader,
          counted: () => Promise.resolve(counts),
          name,
        })
        await story.whenGreen(report, airflow)
        return report
      } finally {
        await airflow.close()
        await rm(join(generation.directory, 'airflow'), { recursive: true, force: true })
      }
    } finally {
      await metadata.close()
    }
  } finally {
    await cloud.close()
  }
}

/** Its DAG folder is what the deployment left in the bucket, read as the environment's own account. */
const openAirflow = async (
  story: OrchestratedStory,
  cloud: RunningCloud,
  metadataHost: string,
  variables: Readonly<Record<string, string>>,
): Promise<RunningAirflow> => {
  const { environment, identity, storage, origin } = cloud
  const folder = join(story.generation.directory, 'airflow')
  const dags = join(folder, 'dags')
  await copyDags(
    storage.objects,
    identity.principalOf(environment.serviceAccounts.composer!),
    environment.buckets.dags,
    dags,
  )
  const tools = await ensureAirflow(story.say)
  const emptyDatabase = await ensureAirflowDatabase(tools.airflow, story.say)
  const { dbt } = await ensureDbt(story.say)
  try {
    return await startAirflow({
      origin,
      environment,
      metadataHost,
      folder,
      dags,
      dag: DAG,
      tools: { ...tools, emptyDatabase },
      dbt: { dbt, projectFolder: join(story.repositoryRoot, 'dbt') },
      settings: {
        AIRFLOW__CAEC__POKE_INTERVAL: '5',
        ...variables,
      },
      signal: story.signal,
    })
  } catch (error) {
    throwIfCancelled(story.signal)
    throw error
  }
}

/**
 * Each day is delivered when its run waits for what says that it is complete: a run takes every file that has
 * arrived.
 */
const runDays = async (
  story: OrchestratedStory,
  airflow: RunningAirflow,
  days: readonly Day[],
  raw: { deliver: (day: Day) => Promise<void>; counts: () => Promise<CleanCounts> },
): Promise<CleanCounts> => {
  const totals = { raw: 0, clean: 0, rejected: 0, duplicates: 0, quarantined: 0 }
  await airflow.api.backfill(days[0]!.day, days.at(-1)!.day)
  for (const delivery of days) {
    const { day } = delivery
    await raw.deliver(delivery)
    const run = await until(story, airflow, async () =>
      (await airflow.api.runs()).find(({ logical_date }) => logical_date.startsWith(day)),
    )
    const startedMs = performance.now()
    for (const task of TASKS) await until(story, airflow, () => hasSucceeded(airflow, run, task))
    const counts = await raw.counts()
    for (const key of ['raw', 'clean', 'rejected', 'duplicates', 'quarantined'] as const)
      totals[key] += Number(counts[key])
    story.say(`  ${day}: ${TASKS.join(' → ')} in ${((performance.now() - startedMs) / 1000).toFixed(0)} s`)
  }
  return totals
}

/**
 * True once it has. A task that must be tried again would make a person wait for minutes, so here it is a
 * failure like any other. Only a task that says nothing of a failure goes on at once: on a busy machine
 * Airflow takes a task whose trigger was quick for one that was lost.
 */
const hasSucceeded = async (
  airflow: RunningAirflow,
  run: DagRun,
  task: string,
): Promise<true | undefined> => {
  const tasks = await airflow.api.tasks(run.dag_run_id)
  const failed = tasks.find(({ state }) => state === 'failed' || state === 'up_for_retry')
  if (failed === undefined)
    return tasks.find(({ task_id }) => task_id === task)?.state === 'success' ? true : undefined
  const told = await failureLine(airflow, run, failed)
  if (told !== undefined || failed.state === 'failed' || failed.try_number > 2) {
    throw new DemoFailed(
      told ??
        `${DAG}: ${failed.task_id} of ${run.dag_run_id} failed and left no word; run it again without --orchestrate to see the same step in the workflow's log`,
    )
  }
  await airflow.api.clear(run.dag_run_id, failed.task_id)
  return undefined
}

const failureLine = async (
  airflow: RunningAirflow,
  run: DagRun,
  { task_id: task, try_number: tried }: TaskInstance,
): Promise<string | undefined> => {
  const log = await airflow.api.log(run.dag_run_id, task, tried).catch(() => '')
  const line = log.split('\n').find((candidate) => candidate.includes('; look at ')) ?? ''
  return /clickstream_pipeline, run .*?; look at [^"\\]+/.exec(line)?.[0]
}

const until = async <T>(
  story: OrchestratedStory,
  airflow: RunningAirflow,
  look: () => Promise<T | undefined>,
): Promise<T> => {
  for (;;) {
    throwIfCancelled(story.signal)
    const found = await Promise.race([look(), airflow.broken])
    if (found !== undefined) return found
    await Promise.race([pause(500), airflow.broken])
  }
}
