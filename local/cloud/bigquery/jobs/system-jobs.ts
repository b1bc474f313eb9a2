/**
 * INFORMATION_SCHEMA.JOBS: one row for each job, in the columns that hold one value. Those that hold records
 * (stages, timeline, labels, tables that were read) are not there, and are refused by their names.
 */
import type { JobRecord } from '../engine/records.ts'
import { columns, type Row, type SystemView } from './system-rows.ts'
import type { CatalogScope } from './scope.ts'

interface Statistics {
  readonly totalBytesProcessed?: string
  readonly query?: {
    readonly statementType?: string
    readonly totalBytesProcessed?: string
    readonly totalBytesBilled?: string
    readonly cacheHit?: boolean
  }
}

const isTrue = (value: unknown): boolean | null => (typeof value === 'boolean' ? value : null)
const whole = (value: string | undefined): number | null => (value === undefined ? null : Number(value))

function rowOf({ room }: CatalogScope, job: JobRecord): Row {
  const statistics = job.statistics as Statistics
  const query = job.configuration.query as { query?: string; priority?: string } | undefined
  const type = job.configuration.jobType
  return [
    job.creationMs,
    job.projectId,
    Number(room.environment.projectNumber),
    job.email,
    job.jobId,
    typeof type === 'string' ? type : query ? 'QUERY' : null,
    statistics.query?.statementType ?? null,
    query ? (query.priority ?? 'INTERACTIVE') : null,
    job.startMs,
    job.endMs,
    query?.query ?? null,
    job.state,
    null,
    whole(statistics.totalBytesProcessed ?? statistics.query?.totalBytesProcessed),
    null,
    isTrue(statistics.query?.cacheHit),
    whole(statistics.query?.totalBytesBilled),
    null,
    job.parentJobId ?? null,
  ]
}

function view(permission: string, isShown: (scope: CatalogScope, job: JobRecord) => boolean): SystemView {
  return {
    columns: columns(
      'creation_time:TIMESTAMP project_id project_number:INTEGER user_email job_id job_type statement_type priority start_time:TIMESTAMP end_time:TIMESTAMP query state reservation_id total_bytes_processed:INTEGER total_slot_ms:INTEGER cache_hit:BOOLEAN total_bytes_billed:INTEGER transaction_id parent_job_id',
    ),
    rows: (scope) => {
      scope.room.authority.requireOnProject(scope.principal, permission)
      return [...scope.room.warehouse.jobs.values()]
        .filter((job) => job.location.toLowerCase() === scope.location.toLowerCase() && isShown(scope, job))
        .map((job) => rowOf(scope, job))
    },
  }
}

const byProject = view('bigquery.jobs.listAll', () => true)
export const jobViews: Readonly<Record<string, SystemView>> = {
  JOBS: byProject,
  JOBS_BY_PROJECT: byProject,
  JOBS_BY_USER: view('bigquery.jobs.list', ({ principal }, { member }) => member === principal.member),
}
