/** jobs.*: insert, query, get, list, cancel, delete, getQueryResults. */
import { createHash } from 'node:crypto'
import { CloudError, type CloudRequest, type Principal, type Reply } from '../../kernel.ts'
import { referenceInBody } from '../body-reference.ts'
import type { JobRecord } from '../engine/records.ts'
import { invalid, projectDenied, required } from '../engine/refusals.ts'
import {
  count,
  flag,
  isRecord,
  isSet,
  makeEtag,
  page,
  parseLabels,
  present,
  record,
  refuseAsked,
  text,
  type Body,
} from '../engine/request-body.ts'
import { Change } from '../engine/warehouse.ts'
import { extractWork, readExtractConfig } from './extract-job.ts'
import { readLoadConfig } from '../loads/load-config.ts'
import { loadWork } from '../loads/load-job.ts'
import type { SourceFile } from '../loads/sources.ts'
import { checkProject, type Room } from '../room.ts'
import { copyWork, readCopyConfig } from './copy-job.ts'
import type { JobDesk, JobWork, NewJob } from './job-desk.ts'
import { jobListItem, jobResource } from './job-resource.ts'
import { dryRun } from './dry-run.ts'
import { queryWork } from './query-job.ts'
import { readDisposition, readQueryConfig } from './query-config.ts'
import { readFormat, readPageRequest, resultBody, throwJobError } from './query-results.ts'

const defaultWaitMs = 10_000
const longestWaitMs = 200_000

export interface JobRequest {
  readonly room: Room
  readonly desk: JobDesk
  readonly principal: Principal
  readonly body: Body
  readonly upload?: SourceFile
}

interface PlannedJob {
  readonly configuration: Record<string, unknown>
  readonly work: JobWork
}

/** Slots of one's own: there are none here. */
const RESERVED = ['maxSlots', 'reservation']

function planJob({ room, body, upload }: JobRequest): PlannedJob {
  const configuration = record(body, 'configuration')
  if (!configuration) throw required('configuration')
  const kinds = ['query', 'load', 'copy', 'extract'].filter((kind) => isRecord(configuration[kind]))
  if (kinds.length !== 1) throw required('configuration.query, load, copy or extract')
  refuseAsked(configuration, RESERVED, 'configuration')
  const common = present({
    labels: configuration.labels === undefined ? undefined : parseLabels(configuration.labels),
    jobTimeoutMs: configuration.jobTimeoutMs === undefined ? undefined : String(configuration.jobTimeoutMs),
    dryRun: flag(configuration, 'dryRun'),
  })
  if (upload && kinds[0] !== 'load') throw invalid('Only load jobs can be uploaded.')
  if (flag(configuration, 'dryRun') && kinds[0] !== 'query')
    throw invalid('dryRun is only possible for query jobs.')
  switch (kinds[0]) {
    case 'query': {
      const config = readQueryConfig(room, configuration.query as Body)
      return {
        configuration: { jobType: 'QUERY', query: config.shown, ...common },
        work: queryWork(room, config).work,
      }
    }
    case 'load': {
      const config = readLoadConfig(room, configuration.load as Body)
      return {
        configuration: { jobType: 'LOAD', load: config.shown, ...common },
        work: loadWork(room, config, upload),
      }
    }
    case 'copy': {
      const config = readCopyConfig(room, configuration.copy as Body)
      return {
        configuration: { jobType: 'COPY', copy: config.shown, ...common },
        work: copyWork(room, config),
      }
    }
    default: {
      const config = readExtractConfig(room, configuration.extract as Body)
      return {
        configuration: { jobType: 'EXTRACT', extract: config.shown, ...common },
        work: extractWork(room, config),
      }
    }
  }
}

export async function startJob(request: JobRequest): Promise<Reply> {
  const { room, desk, principal, body } = request
  room.authority.requireOnProject(principal, 'bigquery.jobs.create')
  const { configuration, work } = planJob(request)
  const reference = referenceInBody(room, body, 'jobReference', {})
  const location = text(reference, 'location') || room.environment.region
  const jobId = text(reference, 'jobId')
  const given = body.configuration as Body
  if (flag(given, 'dryRun')) {
    const statistics = await dryRun(room, readQueryConfig(room, given.query as Body), principal, location)
    const nowMs = String(room.now())
    return {
      json: {
        kind: 'bigquery#job',
        jobReference: { projectId: room.environment.project, location },
        configuration,
        statistics: { creationTime: nowMs, startTime: nowMs, endTime: nowMs, ...statistics },
        status: { state: 'DONE' },
        user_email: principal.email,
      },
    }
  }
  const timeoutMs = count(given, 'jobTimeoutMs')
  const job = await desk.start(
    { principal, location, configuration, ...(jobId ? { jobId } : {}), ...(timeoutMs ? { timeoutMs } : {}) },
    work,
  )
  return { json: jobResource(job, room.origin) }
}

export async function insertJob(room: Room, desk: JobDesk, request: CloudRequest): Promise<Reply> {
  checkProject(room, request.params.projectId)
  return startJob({ room, desk, principal: request.principal, body: await request.json() })
}

const CREATION_MODES = [
  'JOB_CREATION_MODE_UNSPECIFIED',
  'JOB_CREATION_REQUIRED',
  'JOB_CREATION_OPTIONAL',
] as const

/** jobs.query: the short way, rows in the same answer when the job is done in time. */
export async function runQuery(room: Room, desk: JobDesk, request: CloudRequest): Promise<Reply> {
  checkProject(room, request.params.projectId)
  room.authority.requireOnProject(request.principal, 'bigquery.jobs.create')
  const body = await request.json()
  const config = readQueryConfig(room, body)
  refuseAsked(body, [...RESERVED, 'arrowSerializationOptions', 'queryResultsFormat'], 'QueryRequest', {
    queryResultsFormat: ['STRUCT_ENCODING'],
  })
  // A job is always made: a client that could do without one takes it.
  readDisposition(body, 'jobCreationMode', CREATION_MODES, 'JOB_CREATION_REQUIRED')
  const location = text(body, 'location') || room.environment.region
  const waitMs = count(body, 'timeoutMs') ?? defaultWaitMs
  const options = record(body, 'formatOptions') ?? {}
  const format = readFormat(flag(options, 'useInt64Timestamp') ?? false, options.timestampOutputFormat)
  if (flag(body, 'dryRun')) {
    const statistics = await dryRun(room, config, request.principal, location)
    const query = statistics.query as Record<string, unknown>
    return {
      json: present({
        kind: 'bigquery#queryResponse',
        jobComplete: true,
        jobReference: { projectId: room.environment.project, location },
        schema: query.schema,
        totalBytesProcessed: statistics.totalBytesProcessed,
        cacheHit: false,
      }),
    }
  }
  const labels = body.labels === undefined ? {} : { labels: parseLabels(body.labels) }
  const timeoutMs = count(body, 'jobTimeoutMs')
  const configuration = { jobType: 'QUERY', query: config.shown, ...labels }
  const { work, isReadOnly } = queryWork(room, config)
  const started = await startOnce(room, desk, text(body, 'requestId'), {
    wanted: {
      ...{ principal: request.principal, location, configuration, isUnheard: isReadOnly() },
      ...(timeoutMs ? { timeoutMs } : {}),
    },
    work,
  })
  const settled = await desk.settle(started, Math.min(waitMs, longestWaitMs), request.signal)
  const job = settled.state === 'DONE' ? settled : await desk.keep(settled)
  throwJobError(job)
  const maxResults = count(body, 'maxResults')
  const answer = await resultBody(room, request.principal, job, {
    startIndex: 0,
    format,
    ...(maxResults === undefined ? {} : { maxResults }),
  })
  const { totalBytesBilled, dmlStats } = (job.statistics.query ?? {}) as Body
  const { sessionInfo } = job.statistics
  return {
    json: present({ kind: 'bigquery#queryResponse', ...answer, totalBytesBilled, dmlStats, sessionInfo }),
  }
}

/** Google remembers a request for so long; then the same words are a new one. */
const REMEMBERED_MS = 15 * 60_000

/** The same request by the same caller is the same job: a query whose answer was lost is not run twice. */
async function startOnce(
  room: Room,
  desk: JobDesk,
  requestId: string | undefined,
  { wanted, work }: { readonly wanted: NewJob; readonly work: JobWork },
): Promise<JobRecord> {
  if (!requestId) return desk.start(wanted, work)
  if (!/^[\x20-\x7e]{1,36}$/.test(requestId))
    throw invalid('Invalid request ID. It must have at most 36 ASCII characters.')
  const told = JSON.stringify([wanted.principal.member, requestId, wanted.configuration])
  const jobId = `job_${createHash('sha256').update(told).digest('base64url').slice(0, 28)}`
  const reference = { jobId, location: wanted.location }
  const earlier = desk.known(reference)
  if (earlier) return room.now() - earlier.creationMs < REMEMBERED_MS ? earlier : desk.start(wanted, work)
  try {
    return await desk.start({ ...wanted, jobId }, work)
  } catch (error) {
    // The same request came twice at once.
    const other = error instanceof CloudError && error.status === 409 ? desk.known(reference) : undefined
    if (!other) throw error
    return other
  }
}

function requireOnJob(room: Room, principal: Principal, job: JobRecord, permission: string): void {
  if (job.member === principal.member) return
  if (!room.authority.mayOnProject(principal, permission)) {
    throw new CloudError(
      403,
      'accessDenied',
      `Access Denied: Job ${job.projectId}:${job.location}.${job.jobId}: The user does not have ${permission} permission for job ${job.projectId}:${job.location}.${job.jobId}`,
    )
  }
}

function findJob(room: Room, desk: JobDesk, request: CloudRequest, permission: string): JobRecord {
  checkProject(room, request.params.projectId)
  const job = desk.find(
    room.environment.project,
    request.params.jobId ?? '',
    request.url.searchParams.get('location'),
  )
  requireOnJob(room, request.principal, job, permission)
  return job
}

export function getJob(room: Room, desk: JobDesk, request: CloudRequest): Reply {
  return { json: jobResource(findJob(room, desk, request, 'bigquery.jobs.get'), room.origin) }
}

export async function getQueryResults(room: Room, desk: JobDesk, request: CloudRequest): Promise<Reply> {
  const found = findJob(room, desk, request, 'bigquery.jobs.get')
  if (found.configuration.jobType !== 'QUERY')
    throw invalid(`Cannot get query results of a ${String(found.configuration.jobType)} job.`)
  const query = request.url.searchParams
  const given = query.get('timeoutMs')
  const job = await desk.settle(
    found,
    Math.min(given && /^\d+$/.test(given) ? Number(given) : defaultWaitMs, longestWaitMs),
    request.signal,
  )
  throwJobError(job)
  const body = await resultBody(room, request.principal, job, readPageRequest(query))
  return {
    json: { kind: 'bigquery#getQueryResultsResponse', etag: makeEtag(job.jobId, job.endMs ?? 0), ...body },
  }
}

export async function cancelJob(room: Room, desk: JobDesk, request: CloudRequest): Promise<Reply> {
  const job = findJob(room, desk, request, 'bigquery.jobs.update')
  desk.cancel(job)
  const now = await desk.settle(job, 1000, request.signal)
  return { json: { kind: 'bigquery#jobCancelResponse', job: jobResource(now, room.origin) } }
}

export async function deleteJob(room: Room, desk: JobDesk, request: CloudRequest): Promise<Reply> {
  checkProject(room, request.params.projectId)
  const job = desk.find(
    room.environment.project,
    request.params.jobId ?? '',
    request.url.searchParams.get('location'),
  )
  if (!room.authority.mayOnProject(request.principal, 'bigquery.jobs.delete'))
    throw projectDenied(room.environment.project, 'bigquery.jobs.delete')
  if (job.state !== 'DONE') throw invalid(`Job ${job.jobId} is still running and cannot be deleted.`)
  const change = new Change()
  change.removeJob(job)
  await room.warehouse.commit(change)
  return { status: 204 }
}

export function listJobs(room: Room, request: CloudRequest): Reply {
  checkProject(room, request.params.projectId)
  const query = request.url.searchParams
  const isAll = isSet(query.get('allUsers'))
  room.authority.requireOnProject(request.principal, isAll ? 'bigquery.jobs.list' : 'bigquery.jobs.create')
  const states = new Set(query.getAll('stateFilter').map((state) => state.toUpperCase()))
  const parent = query.get('parentJobId')
  const [from, to] = [
    Number(query.get('minCreationTime') ?? 0),
    Number(query.get('maxCreationTime') ?? Number.MAX_SAFE_INTEGER),
  ]
  const jobs = [...room.warehouse.jobs.values()]
    .filter(
      (job) =>
        (isAll || job.member === request.principal.member) &&
        (states.size === 0 || states.has(job.state)) &&
        (parent ? job.parentJobId === parent : job.parentJobId === undefined),
    )
    .filter((job) => job.creationMs >= from && job.creationMs <= to)
    .sort((a, b) => b.creationMs - a.creationMs)
  const { items, nextPageToken } = page(jobs, query)
  return {
    json: present({
      kind: 'bigquery#jobList',
      etag: makeEtag('jobs', jobs.length),
      nextPageToken,
      jobs:
        items.length > 0
          ? items.map((job) => jobListItem(job, query.get('projection') === 'full'))
          : undefined,
    }),
  }
}
