/**
 * Ends a cancelled dbt: asked first, killed when it does not hear; then the queries it began and did not end are
 * stopped by this action itself. It refuses to call a query stopped that BigQuery did not confirm.
 */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pMap from 'p-map'
import { cancelJob } from '../../_shared/google/bigquery-jobs.ts'
import type { Google } from '../../_shared/google/connect.ts'
import type { Conversation } from '../../_shared/runner/conversation.ts'

/** Who pays for the queries, and where they run. */
export interface JobPlace {
  readonly projectId: string
  readonly location: string
}
export interface Stopped {
  /** Queries that still ran when they were asked to stop. */
  readonly stopped: number
  /** Ids of those of which BigQuery did not say that they stop. */
  readonly left: readonly string[]
}

/** An interrupted dbt stops its queries and writes its results; a hanging one may not take the report's time. */
const PATIENCE_MS = 3_500
/** Together they leave the report the rest of the seconds between the runner's first and last signal. */
const STOPPING_MS = 2_000
const AT_ONCE = 16

export async function stop(
  talk: Conversation,
  results: string,
  place: JobPlace,
  google: Google,
): Promise<Stopped> {
  talk.end()
  const hears = talk.ended.then(
    () => true,
    () => true,
  )
  if (!(await Promise.race([hears, sleep(PATIENCE_MS, false)]))) talk.kill()
  const open = openJobs(await readJobs(results))
  const left = new Set(open)
  let stopped = 0
  const asked = pMap(
    open,
    async (jobId) => {
      const ran = await cancelJob(google, place.projectId, place.location, jobId).catch(() => undefined)
      if (ran === undefined) return
      left.delete(jobId)
      if (ran) stopped += 1
    },
    { concurrency: AT_ONCE },
  )
  await Promise.race([asked, sleep(STOPPING_MS)])
  return { stopped, left: [...left] }
}

const readJobs = (results: string): Promise<string> =>
  readFile(path.join(results, 'jobs.jsonl'), 'utf8').catch(() => '')

/** How many jobs of the warehouse were begun. */
export async function countJobs(results: string): Promise<number> {
  return (await readJobs(results)).split('\n').filter((line) => readLine(line).begun !== undefined).length
}

/** The newest first: an older one has most likely ended, though nobody wrote it down. */
export function openJobs(lines: string): string[] {
  const open = new Set<string>()
  for (const line of lines.split('\n')) {
    const { begun, ended } = readLine(line)
    if (begun !== undefined) open.add(begun)
    if (ended !== undefined) open.delete(ended)
  }
  return [...open].reverse()
}

/** The last line of a killed process may be half of one. */
function readLine(line: string): { readonly begun?: string; readonly ended?: string } {
  try {
    return JSON.parse(line) as { begun?: string; ended?: string }
  } catch {
    return {}
  }
}

/** What became of the queries, as the end of a sentence. */
export function describeStopped({ stopped, left }: Stopped, place: JobPlace): string {
  const done =
    stopped === 0
      ? 'no query of it runs any more'
      : `${stopped} ${stopped === 1 ? 'query' : 'queries'} of it ${stopped === 1 ? 'was' : 'were'} stopped`
  if (left.length === 0) return done
  const commands = left
    .slice(0, 3)
    .map((id) => `bq --project_id=${place.projectId} --location=${place.location} cancel ${id}`)
  return `${left.length} ${left.length === 1 ? 'query' : 'queries'} may run on, because BigQuery did not confirm the end; stop with ${commands.join('; ')}${left.length > 3 ? '; …' : ''}`
}
