/** A job as REST shows it; nothing but a picture of the record. */
import type { JobRecord } from '../engine/records.ts'
import { makeEtag, present } from '../engine/request-body.ts'
import { showError } from './job-desk.ts'

export const jobReference = (job: JobRecord): Record<string, string> => ({
  projectId: job.projectId,
  jobId: job.jobId,
  location: job.location,
})

export function jobResource(job: JobRecord, origin: string): Record<string, unknown> {
  return {
    kind: 'bigquery#job',
    etag: makeEtag(job.jobId, job.endMs ?? job.startMs ?? 0),
    id: `${job.projectId}:${job.location}.${job.jobId}`,
    selfLink: `${origin}/bigquery/v2/projects/${job.projectId}/jobs/${job.jobId}?location=${job.location}`,
    user_email: job.email,
    configuration: job.configuration,
    jobReference: jobReference(job),
    statistics: jobStatistics(job),
    status: jobStatus(job),
  }
}

export function jobStatus(job: JobRecord): Record<string, unknown> {
  return present({
    state: job.state,
    errorResult: job.error ? showError(job.error) : undefined,
    errors: job.error ? [showError(job.error)] : undefined,
  })
}

export function jobStatistics(job: JobRecord): Record<string, unknown> {
  const time = (ms: number | undefined) => (ms === undefined ? undefined : String(ms))
  return present({
    creationTime: String(job.creationMs),
    startTime: time(job.startMs),
    endTime: time(job.endMs),
    parentJobId: job.parentJobId,
    finalExecutionDurationMs:
      job.endMs !== undefined && job.startMs !== undefined ? String(job.endMs - job.startMs) : undefined,
    ...job.statistics,
  })
}

export function jobListItem(job: JobRecord, isFull: boolean): Record<string, unknown> {
  return present({
    kind: 'bigquery#job',
    id: `${job.projectId}:${job.location}.${job.jobId}`,
    jobReference: jobReference(job),
    state: job.state,
    user_email: job.email,
    configuration: isFull ? job.configuration : { jobType: job.configuration.jobType },
    statistics: jobStatistics(job),
    status: jobStatus(job),
    errorResult: job.error ? showError(job.error) : undefined,
  })
}
