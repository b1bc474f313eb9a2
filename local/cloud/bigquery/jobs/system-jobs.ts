/**
 * INFORMATION_SCHEMA.JOBS: one row for each job. Columns that tell of slots, stages and reservations are not there.
 */
import type { JobRecord } from '../engine/records.ts'
import type { TableReference } from '../sql/types.ts'
import { columns, recordColumn, type Row, type SystemView } from './system-rows.ts'
import type { CatalogScope } from './scope.ts'

interface Query {
  readonly query?: string
  readonly priority?: string
  readonly destinationTable?: TableReference
}
interface Statistics {
  readonly totalBytesProcessed?: string
  readonly query?: {
    readonly statementType?: string
    readonly totalBytesProcessed?: string
    readonly totalBytesBilled?: string
    readonly cacheHit?: boolean
    readonly referencedTables?: readonly TableReference[]
  }
}

const TABLE_FIELDS = 'project_id dataset_id table_id'
const tableOf = ({ projectId, datasetId, tableId }: TableReference): Row => [projectId, datasetId, tableId]

const isTrue = (value: unknown): boolean | null => (typeof value === 'boolean' ? value : null)
const whole = (value: string | undefined): number | null => (value === undefined ? null : Number(value))

function rowOf({ room }: CatalogScope, job: JobRecord): Row {
  const statistics = job.statistics as Statistics
  const query = job.configuration.query as Query | undefined
  const work = (query ?? job.configuration.load ?? job.configuration.copy) as Query | undefined
  const labels = job.configuration.labels as Readonly<Record<string, string>> | undefined
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
    work?.destinationTable ? tableOf(work.destinationTable) : null,
    (statistics.query?.referencedTables ?? []).map(tableOf),
    Object.entries(labels ?? {}),
    job.error ? [job.error.reason, job.error.location ?? null, null, job.error.message] : null,
  ]
}

function view(permission: string, isShown: (scope: CatalogScope, job: JobRecord) => boolean): SystemView {
  return {
    columns: [
      ...columns(
        'creation_time:TIMESTAMP project_id project_number:INTEGER user_email job_id job_type statement_type priority start_time:TIMESTAMP end_time:TIMESTAMP query state reservation_id total_bytes_processed:INTEGER total_slot_ms:INTEGER cache_hit:BOOLEAN total_bytes_billed:INTEGER transaction_id parent_job_id',
      ),
      recordColumn('destination_table', TABLE_FIELDS),
      recordColumn('referenced_tables', TABLE_FIELDS, 'REPEATED'),
      recordColumn('labels', 'key value', 'REPEATED'),
      recordColumn('error_result', 'reason location debug_info message'),
    ],
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
