/** Datasets nobody asks for: those of the environment at start, and hidden ones of scripts and sessions. */
import type { Principal } from '../../kernel.ts'
import { bindingKeys, entriesOfBindings, reconcile } from '../access/access-entries.ts'
import { scriptPrefix } from '../engine/held.ts'
import { Change } from '../engine/warehouse.ts'
import { dropHidden } from '../jobs/sessions.ts'
import { type Room } from '../room.ts'

import { addDataset } from './datasets.ts'

/** For the temporary tables of a script: no listing shows it, and only its caller may use it. */
export async function addHiddenDataset(
  room: Room,
  datasetId: string,
  location: string,
  principal: Principal,
): Promise<void> {
  await addDataset(room, datasetId, { location }, [{ role: 'OWNER', userByEmail: principal.email }])
}

/** What scripts and sessions left when the process ended before them. */
async function dropHiddenDatasets(room: Room): Promise<void> {
  for (const { datasetId } of [...room.warehouse.datasets.values()])
    if (datasetId.startsWith(scriptPrefix)) await dropHidden(room, datasetId)
}

/** At start: the environment's datasets exist, and their entries follow access.yaml. */
export async function provisionDatasets(room: Room): Promise<void> {
  await dropHiddenDatasets(room)
  for (const datasetId of Object.values(room.environment.datasets)) {
    if (!room.warehouse.dataset(datasetId))
      await addDataset(room, datasetId, {}, [{ role: 'OWNER', specialGroup: 'projectOwners' }])
  }
  for (const dataset of room.warehouse.datasets.values()) {
    const bound = entriesOfBindings(room.access.datasetBindings(dataset.datasetId))
    const keys = bindingKeys(bound)
    if (JSON.stringify(keys) === JSON.stringify(dataset.appliedBindings ?? [])) continue
    const change = new Change()
    change.putDataset({
      ...dataset,
      version: dataset.version + 1,
      access: reconcile(dataset.access, dataset.appliedBindings ?? [], bound),
      appliedBindings: keys,
      modifiedMs: room.now(),
    })
    await room.warehouse.commit(change)
  }
}
