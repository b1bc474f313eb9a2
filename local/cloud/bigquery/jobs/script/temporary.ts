/**
 * Temporary tables of a script: they lie in a hidden dataset of its own that goes when the script or its session ends. Their names
 * win over those of the default dataset.
 */
import { createHash } from 'node:crypto'
import { scriptPrefix } from '../../engine/held.ts'
import { checkTableId } from '../../engine/names.ts'
import type { JobRecord } from '../../engine/records.ts'
import { invalidQuery } from '../../engine/refusals.ts'
import { addHiddenDataset } from '../../resources/provision.ts'
import type { ParsedStatement } from '../../sql/types.ts'
import type { Execution } from '../execution.ts'
import { dropHidden } from '../sessions.ts'

const datasetOf = (job: JobRecord): string =>
  `${scriptPrefix}${createHash('sha1').update(`${job.location}.${job.jobId}`).digest('hex')}`

/** Before the statement is compiled: its name stands for a table of the hidden dataset from here on. */
export async function nameTemporary(
  execution: Execution,
  job: JobRecord,
  { path }: ParsedStatement,
): Promise<void> {
  const name = path?.at(-1) ?? ''
  const isBare = path?.length === 1 || (path?.length === 2 && path[0]!.toUpperCase() === '_SESSION')
  if (!isBare) throw invalidQuery('A temporary table cannot have a dataset')
  checkTableId(name)
  const { room, principal, location } = execution
  const datasetId = execution.kept?.datasetId ?? datasetOf(job)
  if (!room.warehouse.dataset(datasetId)) await addHiddenDataset(room, datasetId, location, principal)
  execution.temporary.set(name.toLowerCase(), { projectId: job.projectId, datasetId, tableId: name })
}

/** Those of a session stay. */
export async function dropTemporary({ room, temporary, kept }: Execution, job: JobRecord): Promise<void> {
  if (temporary.size > 0 && !kept) await dropHidden(room, datasetOf(job))
}
