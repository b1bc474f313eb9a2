/**
 * What a statement would read, in bytes, judged by BigQuery at no cost. It refuses to estimate by itself.
 */
import { bigQueryRequest } from './bigquery.ts'
import type { Google } from './connect.ts'
import { apiPath } from './request.ts'

/** BigQuery's own words; `LOWER_BOUND` means that it may be more. */
export type Accuracy = 'PRECISE' | 'LOWER_BOUND' | 'UPPER_BOUND' | 'UNKNOWN'
export interface Estimate {
  /** undefined when BigQuery names no number. */
  readonly bytes?: number
  readonly accuracy: Accuracy
}

/** The job is made in `projectId`, which pays. */
export async function estimate(
  google: Google,
  projectId: string,
  location: string,
  query: string,
  resource: string,
): Promise<Estimate> {
  const job = await bigQueryRequest<{
    statistics?: {
      totalBytesProcessed?: string
      query?: { totalBytesProcessed?: string; totalBytesProcessedAccuracy?: string }
    }
  }>(google, {
    verb: 'POST',
    path: apiPath`/projects/${projectId}/jobs`,
    json: {
      jobReference: { projectId, location },
      configuration: { dryRun: true, query: { query, useLegacySql: false } },
    },
    method: 'bigquery.jobs.insert',
    resource,
    isRepeatable: true,
  })
  const found = job.statistics?.query
  const bytes = found?.totalBytesProcessed ?? job.statistics?.totalBytesProcessed
  const known = ['PRECISE', 'LOWER_BOUND', 'UPPER_BOUND'] as const
  return {
    bytes: bytes === undefined ? undefined : Number(bytes),
    // Without the field the number is what BigQuery has always given: precise, or 0 where it cannot know.
    accuracy:
      bytes === undefined
        ? 'UNKNOWN'
        : (known.find((word) => word === found?.totalBytesProcessedAccuracy) ??
          (found?.totalBytesProcessedAccuracy === undefined ? 'PRECISE' : 'UNKNOWN')),
  }
}
