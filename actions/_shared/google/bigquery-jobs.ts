/**
 * Query jobs of BigQuery (jobs of the v2 REST API): judged without running, or run to their end. It refuses
 * to write SQL.
 */
import { randomUUID } from 'node:crypto'
import type { Column, TableName } from '../dataset.ts'
import { GoogleApiError } from '../errors.ts'
import { bigQueryRequest } from './bigquery.ts'
import { askBigQuery } from './bigquery-client.ts'
import type { Google } from './connect.ts'

export interface DryRun {
  readonly references: readonly TableName[]
  readonly columns: readonly Column[]
  /** BigQuery's own word for the statement, e.g. `SELECT`, `CREATE_TABLE`. */
  readonly statementType: string
  /** What the query would read, as BigQuery estimates it before it runs. */
  readonly bytes?: number
  /** What a DDL statement would make or change. */
  readonly target?: TableName
}
interface Statistics {
  readonly totalBytesProcessed?: string
  readonly referencedTables?: TableName[]
  readonly schema?: { readonly fields?: Column[] }
  readonly statementType?: string
  readonly ddlTargetTable?: TableName
  readonly totalBytesProcessedAccuracy?: string
}
/** What BigQuery answers a dry run with, of its `statistics`. */
export interface DryRunStatistics {
  readonly totalBytesProcessed?: string
  readonly query?: Statistics
}

/**
 * What a statement reads, gives and makes, at no cost. BigQuery asks for the rights the statement itself
 * would need: a CREATE for the right to create.
 */
export async function dryRun(
  google: Google,
  projectId: string,
  location: string,
  query: string,
  resource: string,
): Promise<DryRun> {
  const found = (await judge(google, projectId, location, query, resource))?.query
  return {
    references: found?.referencedTables ?? [],
    columns: found?.schema?.fields ?? [],
    statementType: found?.statementType ?? '',
    bytes: found?.totalBytesProcessed === undefined ? undefined : Number(found.totalBytesProcessed),
    target: found?.ddlTargetTable,
  }
}

/** The request of every dry run; it makes no job, so asking twice harms nobody. */
export async function judge(
  google: Google,
  projectId: string,
  location: string,
  query: string,
  resource: string,
): Promise<DryRunStatistics | undefined> {
  const ask = { method: 'bigquery.jobs.insert', resource, kind: 'bigquery#job', isRepeatable: true }
  const job = await askBigQuery<{ statistics?: DryRunStatistics }>(google, ask, (client) =>
    client.createJob({
      projectId,
      location,
      configuration: { dryRun: true, query: { query, useLegacySql: false } },
    }),
  )
  return job.statistics
}

/** Longest wait of one request; the next one goes on waiting. */
const WAIT_MS = 20_000

interface QueryAnswer {
  readonly jobComplete?: boolean
  readonly jobReference?: { readonly jobId: string }
  readonly rows?: readonly { readonly f: readonly { readonly v: string | null }[] }[]
}

interface QueryLimits {
  readonly maximumBytesBilled: number
  readonly labels: Readonly<Record<string, string>>
  readonly resource: string
}

/** Runs a statement and waits for its end. A repeated request (a lost answer) finds the same job. */
export async function runStatement(
  google: Google,
  projectId: string,
  location: string,
  query: string,
  resource: string,
): Promise<void> {
  await queryToEnd(google, projectId, { query, location }, resource, 0)
}

/** A page of a query's rows as texts; a query that would bill more than the limit fails before it runs. */
export async function queryRows(
  google: Google,
  projectId: string,
  location: string,
  query: string,
  { maximumBytesBilled, labels, resource }: QueryLimits,
): Promise<(string | null)[][]> {
  const asked = { query, location, labels, maximumBytesBilled: String(maximumBytesBilled) }
  const { rows = [] } = await queryToEnd(google, projectId, asked, resource, 100)
  return rows.map(({ f }) => f.map(({ v }) => v))
}

async function queryToEnd(
  google: Google,
  projectId: string,
  asked: {
    readonly query: string
    readonly location: string
    readonly labels?: Readonly<Record<string, string>>
    readonly maximumBytesBilled?: string
  },
  resource: string,
  maxResults: number,
): Promise<QueryAnswer> {
  let job = await bigQueryRequest<QueryAnswer>(google, projectId, {
    verb: 'POST',
    path: '/queries',
    json: { ...asked, useLegacySql: false, timeoutMs: WAIT_MS, requestId: randomUUID() },
    method: 'bigquery.jobs.query',
    resource,
    kind: 'bigquery#queryResponse',
    isRepeatable: true,
  })
  const jobId = job.jobReference?.jobId ?? ''
  while (job.jobComplete !== true) {
    job = await bigQueryRequest(google, projectId, {
      verb: 'GET',
      path: `/queries/${encodeURIComponent(jobId)}`,
      query: { location: asked.location, timeoutMs: WAIT_MS, maxResults },
      method: 'bigquery.jobs.getQueryResults',
      resource,
      kind: 'bigquery#getQueryResultsResponse',
    })
  }
  return job
}

/**
 * Asks BigQuery to stop a job; one that is gone or done needs nothing.
 * @returns whether it still ran.
 */
export async function cancelJob(
  google: Google,
  projectId: string,
  location: string,
  jobId: string,
): Promise<boolean> {
  try {
    const { job } = await bigQueryRequest<{
      job?: { status?: { state?: string; errorResult?: { reason?: string } } }
    }>(google, projectId, {
      verb: 'POST',
      path: `/jobs/${encodeURIComponent(jobId)}/cancel`,
      query: { location },
      method: 'bigquery.jobs.cancel',
      resource: `job ${jobId}`,
      kind: 'bigquery#jobCancelResponse',
      isRepeatable: true,
    })
    return job?.status?.state !== 'DONE' || job.status.errorResult?.reason === 'stopped'
  } catch (error) {
    if (error instanceof GoogleApiError && error.status === 404) return false
    throw error
  }
}
