/** Google's words for what BigQuery refuses; nothing here decides. */
import { CloudError } from '../../kernel.ts'
import type { RoutineReference, TableReference } from '../sql/types.ts'
import { showTable } from './names.ts'

const show = (projectId: string, datasetId: string): string => `${projectId}:${datasetId}`

export const datasetNotFound = (projectId: string, datasetId: string, location?: string): CloudError =>
  new CloudError(
    404,
    'notFound',
    `Not found: Dataset ${show(projectId, datasetId)}${location ? ` was not found in location ${location}` : ''}`,
  )
export const tableNotFound = (reference: TableReference, location?: string): CloudError =>
  new CloudError(
    404,
    'notFound',
    `Not found: Table ${showTable(reference)}${location ? ` was not found in location ${location}` : ''}`,
  )
export const routineNotFound = ({ projectId, datasetId, routineId }: RoutineReference): CloudError =>
  new CloudError(404, 'notFound', `Not found: Routine ${projectId}:${datasetId}.${routineId}`)
export const routineDenied = (
  { projectId, datasetId, routineId }: RoutineReference,
  permission: string,
): CloudError =>
  new CloudError(
    403,
    'accessDenied',
    `Access Denied: Routine ${projectId}:${datasetId}.${routineId}: Permission ${permission} denied on routine ${projectId}:${datasetId}.${routineId} (or it may not exist).`,
  )
export const jobNotFound = (projectId: string, jobId: string): CloudError =>
  new CloudError(404, 'notFound', `Not found: Job ${projectId}:${jobId}`)
export const alreadyExists = (what: string, name: string): CloudError =>
  new CloudError(409, 'duplicate', `Already Exists: ${what} ${name}`)

export const datasetDenied = (projectId: string, datasetId: string, permission: string): CloudError =>
  new CloudError(
    403,
    'accessDenied',
    `Access Denied: Dataset ${show(projectId, datasetId)}: Permission ${permission} denied on dataset ${show(projectId, datasetId)} (or it may not exist).`,
  )
export const tableDenied = (reference: TableReference, permission: string): CloudError =>
  new CloudError(
    403,
    'accessDenied',
    `Access Denied: Table ${showTable(reference)}: Permission ${permission} denied on table ${showTable(reference)} (or it may not exist).`,
  )
export const queryDenied = (reference: TableReference): CloudError =>
  new CloudError(
    403,
    'accessDenied',
    `Access Denied: Table ${showTable(reference)}: User does not have permission to query table ${showTable(reference)}, or perhaps it does not exist.`,
  )
export const projectDenied = (projectId: string, permission: string): CloudError =>
  new CloudError(
    403,
    'accessDenied',
    `Access Denied: Project ${projectId}: User does not have ${permission} permission in project ${projectId}.`,
  )

export const preconditionFailed = (): CloudError =>
  new CloudError(412, 'conditionNotMet', 'Precondition check failed.')
export const invalid = (message: string): CloudError => new CloudError(400, 'invalid', message)
export const invalidQuery = (message: string): CloudError => new CloudError(400, 'invalidQuery', message)
export const required = (name: string): CloudError =>
  new CloudError(400, 'required', `Required parameter is missing: ${name}`)
export const unsupported = (what: string): CloudError =>
  new CloudError(501, 'notImplemented', `${what} is not supported by the local BigQuery.`)
