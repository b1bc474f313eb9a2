/**
 * What a statement would read, in bytes, judged by BigQuery at no cost. It refuses to estimate by itself.
 */
import type { Column } from '../dataset.ts'
import { judge } from './bigquery-jobs.ts'
import type { Google } from './connect.ts'

/** BigQuery's own words; `LOWER_BOUND` means that it may be more. */
export type Accuracy = 'PRECISE' | 'LOWER_BOUND' | 'UPPER_BOUND' | 'UNKNOWN'
export interface Estimate {
  /** undefined when BigQuery names no number. */
  readonly bytes?: number
  readonly accuracy: Accuracy
  /** What the statement gives. */
  readonly columns: readonly Column[]
}

/** The job is made in `projectId`, which pays. */
export async function estimate(
  google: Google,
  projectId: string,
  location: string,
  query: string,
  resource: string,
): Promise<Estimate> {
  const statistics = await judge(google, projectId, location, query, resource)
  const found = statistics?.query
  const bytes = found?.totalBytesProcessed ?? statistics?.totalBytesProcessed
  const known = ['PRECISE', 'LOWER_BOUND', 'UPPER_BOUND'] as const
  return {
    bytes: bytes === undefined ? undefined : Number(bytes),
    columns: found?.schema?.fields ?? [],
    // Without the field the number is what BigQuery has always given: precise, or 0 where it cannot know.
    accuracy:
      bytes === undefined
        ? 'UNKNOWN'
        : (known.find((word) => word === found?.totalBytesProcessedAccuracy) ??
          (found?.totalBytesProcessedAccuracy === undefined ? 'PRECISE' : 'UNKNOWN')),
  }
}
