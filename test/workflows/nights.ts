/** Events on the three days before today, in the raw bucket of dev, for the examples that run every night. */
import { gzipSync } from 'node:zlib'
import type { RunOptions } from '../../local/runner/run-workflow.ts'
import { query, type Platforms } from './platforms.ts'

const dayMs = 86_400_000
export const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10)
/** The day that ends while the tests run may end twice; the events are on the three days before it. */
const yesterday = Date.parse(dayOf(Date.now())) - dayMs
export const days = [yesterday - 2 * dayMs, yesterday - dayMs, yesterday]
/** Events of each of them, all in one file. */
export const eventsOfDays = days.map((_, index) => index + 2)

/** `refused`: lines that are no events, in the same file. */
export async function putNights(platforms: Platforms, refused: readonly string[] = []): Promise<void> {
  const rows = days.flatMap((day, index) =>
    Array.from(
      { length: eventsOfDays[index]! },
      (_, visitor) => `${day + visitor * 60_000 + 12 * 3_600_000},${visitor + 1},view,${visitor + 10},`,
    ),
  )
  const body = gzipSync(
    `timestamp,visitorid,event,itemid,transactionid\n${[...rows, ...refused].join('\n')}\n`,
  )
  const reply = await platforms.dev.fetchAs(
    'data-eng',
    `/upload/storage/v1/b/${platforms.dev.cloud.environment.buckets.raw}/o?uploadType=media&name=events/${dayOf(yesterday)}.csv.gz`,
    { method: 'POST', body },
  )
  if (!reply.ok) throw new Error(await reply.text())
}

export const loadedDays = async (platforms: Platforms): Promise<Record<string, number>> =>
  Object.fromEntries(
    (
      await query(
        platforms.dev,
        'SELECT CAST(event_date AS STRING), COUNT(*) FROM caec_raw.sessionized_events GROUP BY 1 ORDER BY 1',
      )
    ).map(([day, rows]) => [day, Number(rows)]),
  )

/** A pull request's event, with the variables of dev: it uses no environment, so they are the repository's. */
export const pullRequest = (
  platforms: Platforms,
  action: string,
  repository = 'example/clickstream-platform',
): Partial<RunOptions> => ({
  event: 'pull_request',
  eventPayload: {
    action,
    number: 7,
    pull_request: { number: 7, head: { ref: 'feature', repo: { full_name: repository } } },
  },
  vars: platforms.vars.dev!,
})
