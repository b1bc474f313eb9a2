/**
 * Reads the records of deployments, and for a rollback what it leads back to. It refuses nothing for want of the
 * right to read them: a team that granted only the folder itself still deploys.
 */
import { isRightMissing } from '../../_shared/errors.ts'
import type { ObjectStorage } from '../../_shared/google/storage.ts'
import { pointOf, type History, type RollbackPoint } from './history.ts'
import type { DeployInputs } from './inputs.ts'
import { copiesIn, headsIn, placesOf, readRecord, type RecordHead } from './records.ts'

interface Place {
  readonly bucket: string
  readonly prefix: string
}
type Asking = Pick<DeployInputs, 'owner' | 'ownersBefore' | 'rollbackTo' | 'run' | 'recordsKept'>

export async function readHistory(inputs: Asking, place: Place, storage: ObjectStorage): Promise<History> {
  if (inputs.recordsKept === 0) return { heads: [] }
  try {
    const { records } = placesOf(inputs.owner, place.prefix)
    const heads = headsIn(await storage.list(place.bucket, records), inputs.owner)
    const point = inputs.rollbackTo === '' ? undefined : pointOf(inputs.rollbackTo, heads, inputs.run.runId)
    if (point === undefined)
      return { heads, earlier: heads.length > 0 ? [] : await readEarlier(inputs, place, storage) }
    return { heads, rollback: await readRollback(point, inputs.owner, place, storage) }
  } catch (error) {
    if (!isRightMissing(error)) throw error
    return { heads: [], refusal: error.message }
  }
}

/** What may not be read says nothing; this owner's own records are another matter. */
async function readEarlier(
  { ownersBefore }: Asking,
  place: Place,
  storage: ObjectStorage,
): Promise<RecordHead[][]> {
  return Promise.all(
    ownersBefore.map(async (owner) => {
      try {
        return headsIn(await storage.list(place.bucket, placesOf(owner, place.prefix).records), owner)
      } catch (error) {
        if (!isRightMissing(error)) throw error
        return []
      }
    }),
  )
}

export async function readRollback(
  point: RollbackPoint,
  owner: string,
  { bucket, prefix }: Place,
  storage: ObjectStorage,
): Promise<NonNullable<History['rollback']>> {
  const { replaced } = placesOf(owner, prefix)
  const [data, kept] = await Promise.all([
    storage.read(bucket, point.head.name, { generation: point.head.generation }),
    storage.list(bucket, replaced),
  ])
  return { point, record: readRecord(data, point.head.id), copies: copiesIn(kept, owner, prefix) }
}
