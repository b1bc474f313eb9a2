/**
 * The main job on one machine: new cloud, upload, the real workflow, then what the analyst may read. It
 * refuses to make anything current that is not green.
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startCloud, type RunningCloud } from '../cloud/server.ts'
import { connectToCloud } from '../runner/cloud-connection.ts'
import { showResult } from '../runner/command.ts'
import { localVars, readGithubEnvironment } from '../runner/environment-vars.ts'
import { runWorkflow } from '../runner/run-workflow.ts'
import type { WorkflowResult } from '../runner/result.ts'
import type { EventInput } from './event-input.ts'
import type { Generation } from './generations.ts'
import { readJson, uploadFile } from './lake.ts'
import type { StorageAccess } from './lake.ts'
import { renderReport } from './page.ts'
import type { Report } from './page.ts'
import { queryAs, readViews } from './read-views.ts'
import type { Reader } from './read-views.ts'
import { makeReport, writeReport } from './report.ts'
import type { StageCounts } from './report.ts'
import type { StepClock } from './step-clock.ts'

export const workflowFile = 'workflows-examples/pipeline.yml'

export interface Story {
  readonly repositoryRoot: string
  readonly stateDir: string
  readonly generation: Generation
  readonly events: EventInput
  /** A person's own source: what the job is told, a shipped one's name or the file to upload for it. */
  readonly source?: { readonly name: string } | { readonly file: string }
  readonly itemsFile?: string
  readonly toolPaths: readonly string[]
  readonly clock: StepClock
  readonly say: (line: string) => void
  readonly signal: AbortSignal
  /** Plays a pull request on the filled cloud as well. */
  readonly afterwards?: (story: Story, cloud: RunningCloud) => Promise<void>
}

export class DemoFailed extends Error {
  override name = 'DemoFailed'
}

export const tellStory = async (story: Story): Promise<Report> => {
  const { clock, generation, repositoryRoot, say, events } = story
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
    await clock.run(
      'upload',
      `Uploading ${events.name} to gs://${environment.buckets.raw}/events/`,
      async () => {
        for (const file of events.files) await deliverEvents(engineer, environment.buckets.raw, file)
      },
    )
    const items = await placeItems(story, engineer, environment.buckets.lake)
    throwIfCancelled(story.signal)
    await clock.run('workflow', `Running ${workflowFile}`, async () => {
      await runStoryWorkflow(story, cloud, {
        file: workflowFile,
        inputs: items === undefined ? {} : { items },
        source: await placeSource(story, engineer, environment.buckets.lake),
        explain: () => nothingAccepted(engineer, environment.buckets.lake, events.name),
      })
    })
    const counted = async (): Promise<CleanCounts> =>
      (await readJson(engineer, environment.buckets.lake, '_metrics/clean.json')) as unknown as CleanCounts
    const report = await writeStoryReport(story, {
      project: environment.project,
      datasets: environment.datasets,
      reader,
      counted,
      name: events.name,
    })
    await story.afterwards?.(story, cloud)
    return report
  } finally {
    await cloud.close()
  }
}

/**
 * One workflow file of a story, in the repository's first environment. `explain` may know a failure's reason
 * better than the step that ended with it.
 */
export const runStoryWorkflow = async (
  { clock, generation, repositoryRoot, say, signal, stateDir, toolPaths }: Story,
  cloud: RunningCloud,
  {
    file,
    inputs = {},
    source,
    withoutJobs,
    explain,
  }: {
    file: string
    inputs?: Readonly<Record<string, string>>
    source?: string | undefined
    withoutJobs?: readonly string[]
    explain?: () => Promise<string | undefined>
  },
): Promise<void> => {
  const github = await readGithubEnvironment(repositoryRoot)
  const result = await runWorkflow({
    file,
    repositoryRoot,
    stateDir,
    identity: github.identity,
    vars: { ...github.vars, ...localVars, ...(source === undefined ? {} : { EVENT_SOURCE: source }) },
    inputs: { environment: github.name, ...inputs },
    withoutJobs,
    cloud: connectToCloud(cloud.origin, generation.cloudDir),
    toolPaths,
    show: say,
    signal,
  })
  Object.assign(clock.seconds, stepSeconds(result))
  showResult(result, say)
  throwIfCancelled(signal)
  if (result.conclusion !== 'success') throw new DemoFailed((await explain?.()) ?? failureText(result, file))
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  csv: 'text/csv',
  gz: 'application/gzip',
  parquet: 'application/vnd.apache.parquet',
  avro: 'application/octet-stream',
}

export const deliverEvents = (
  engineer: StorageAccess,
  bucket: string,
  { path, objectName }: { readonly path: string; readonly objectName: string },
): Promise<void> =>
  uploadFile(
    engineer,
    path,
    bucket,
    `events/${objectName}`,
    CONTENT_TYPES[objectName.split('.').at(-1) ?? ''] ?? 'application/x-ndjson',
  )

/** Puts the product names where the load finds them. */
export const placeItems = async (
  { itemsFile }: Story,
  access: StorageAccess,
  bucket: string,
): Promise<string | undefined> => {
  if (itemsFile === undefined) return undefined
  await uploadFile(access, itemsFile, bucket, 'items/items.csv', 'text/csv')
  return `gs://${bucket}/items/items.csv`
}

/** What the job's `--source` is to say: nothing, a shipped one, or where a person's own lies now. */
export const placeSource = async (
  { source }: Story,
  engineer: StorageAccess,
  lake: string,
): Promise<string | undefined> => {
  if (source === undefined || 'name' in source) return source?.name
  await uploadFile(engineer, source.file, lake, 'sources/own.json', 'application/json')
  return `gs://${lake}/sources/own.json`
}

export interface CleanCounts {
  readonly raw: number
  readonly clean: number
  readonly rejected: number
  readonly duplicates: number
  readonly quarantined: number
  readonly reasons?: Readonly<Record<string, number>>
}

/** The end of every story: what the analyst reads, what each stage kept, and the page of it. */
export const writeStoryReport = async (
  {
    clock,
    events,
    generation,
    repositoryRoot,
  }: Pick<Story, 'clock' | 'events' | 'generation' | 'repositoryRoot'>,
  platform: {
    project: string
    datasets: { raw: string; insights: string }
    reader: (persona: string) => Reader
    counted: () => Promise<CleanCounts>
    name: string
  },
): Promise<Report> => {
  const { project, datasets, reader } = platform
  const views = await clock.run('views', 'Reading the views of the page as the analyst', () =>
    readViews(reader('analyst'), datasets.insights),
  )
  const counts = await clock.run(
    'counts',
    'Counting what each stage kept',
    async (): Promise<StageCounts> => {
      const clean = await platform.counted()
      const table = `\`${project}.${datasets.raw}.sessionized_events\``
      const [loaded] = await queryAs(
        reader('data-eng'),
        `SELECT COUNT(DISTINCT session_id) AS sessions, COUNT(*) AS events FROM ${table}`,
      )
      return {
        raw: Number(clean.raw),
        clean: Number(clean.clean),
        rejected: Number(clean.rejected),
        duplicates: Number(clean.duplicates),
        quarantined: Number(clean.quarantined),
        reasons: clean.reasons,
        sessions: Number(loaded?.sessions),
        sessionEvents: Number(loaded?.events),
      }
    },
  )
  const gate = await queryAs(
    reader('data-eng'),
    'SELECT check_name, verdict, COUNT(*) AS results, MIN(at_least) AS at_least, MAX(at_most) AS at_most, MAX(detail) AS detail ' +
      `FROM \`${project}.${datasets.raw}.quality_last_run\` GROUP BY check_name, verdict ORDER BY check_name, verdict`,
  )
  const report = makeReport({
    project,
    input: { sha256: events.sha256, name: platform.name },
    counts,
    views,
    gate,
    timings: clock.seconds,
  })
  await writeReport(report, join(generation.reportDir, 'report.json'), repositoryRoot)
  await writeFile(join(generation.reportDir, 'index.html'), renderReport(report))
  return report
}

export const throwIfCancelled = (signal: AbortSignal): void => {
  if (signal.aborted) throw new DemoFailed('cancelled')
}

const stepSeconds = (result: WorkflowResult): Record<string, number> =>
  Object.fromEntries(
    result.jobs.flatMap((job) =>
      job.steps
        .filter((step) => step.outcome !== 'skipped' && !step.name.startsWith('Post '))
        .map((step) => [`${job.id}: ${step.name}`, step.seconds]),
    ),
  )

/**
 * A file without one sound row, or with more bad ones than good, is the person's to mend, so it must not read
 * like a failure of dbt, which is where it ends.
 */
const nothingAccepted = async (
  engineer: StorageAccess,
  lake: string,
  file: string,
): Promise<string | undefined> => {
  const counts = await readJson(engineer, lake, '_metrics/clean.json').catch(() => undefined)
  if (counts === undefined || Number(counts.clean) > 0) return undefined
  const [leftOut] = Object.values((counts.quarantined_files ?? {}) as Record<string, Record<string, number>>)
  const { rows = Number(counts.raw), ...reasons } = leftOut ?? (counts.reasons as Record<string, number>)
  const rejected = Object.values(reasons).reduce((sum, number) => sum + number, 0)
  const why = Object.entries(reasons)
    .map(([reason, number]) => `${reason}: ${number}`)
    .sort()
    .join(', ')
  return rejected < rows
    ? `${file} was left out whole: ${rejected} of its ${rows} rows were rejected, more than its source allows (${why}); there is nothing to report, and an earlier report stays as it was.`
    : `${file} holds no event: all ${rows} rows were rejected (${why}); there is nothing to report, and an earlier report stays as it was.`
}

export const failureText = (result: WorkflowResult, file: string): string => {
  const job = result.jobs.find((candidate) => candidate.result === 'failure') ?? result.jobs[0]
  const step = job?.steps.find((candidate) => candidate.conclusion === 'failure')
  const reason = job?.annotations.find((annotation) => annotation.level === 'error')?.message.split('\n')[0]
  return `${file} failed in job ${job?.id ?? '?'}, step "${step?.name ?? '?'}"${reason ? `: ${reason}` : ''}; its log is ${step?.log ?? result.directory}`
}
