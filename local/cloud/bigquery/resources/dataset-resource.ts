/** A dataset as REST shows it; nothing but a picture of the record. */
import type { DatasetRecord } from '../engine/records.ts'
import { makeEtag, present } from '../engine/request-body.ts'
import { showAccess } from '../access/access-entries.ts'

export type DatasetView = 'METADATA' | 'ACL' | 'FULL'

export function datasetResource(
  dataset: DatasetRecord,
  origin: string,
  view: DatasetView = 'FULL',
): Record<string, unknown> {
  const identity = {
    kind: 'bigquery#dataset',
    etag: makeEtag(dataset.uid, dataset.version),
    id: `${dataset.projectId}:${dataset.datasetId}`,
    selfLink: `${origin}/bigquery/v2/projects/${dataset.projectId}/datasets/${dataset.datasetId}`,
    datasetReference: { datasetId: dataset.datasetId, projectId: dataset.projectId },
  }
  const metadata =
    view === 'ACL'
      ? {}
      : present({
          friendlyName: dataset.friendlyName,
          description: dataset.description,
          labels: dataset.labels && Object.keys(dataset.labels).length > 0 ? dataset.labels : undefined,
          defaultTableExpirationMs: dataset.defaultTableExpirationMs,
          defaultPartitionExpirationMs: dataset.defaultPartitionExpirationMs,
          creationTime: String(dataset.creationMs),
          lastModifiedTime: String(dataset.modifiedMs),
          location: dataset.location,
          type: 'DEFAULT',
          maxTimeTravelHours: '168',
        })
  return { ...identity, ...metadata, ...(view === 'METADATA' ? {} : { access: showAccess(dataset.access) }) }
}

export function datasetListItem(dataset: DatasetRecord): Record<string, unknown> {
  return present({
    kind: 'bigquery#dataset',
    id: `${dataset.projectId}:${dataset.datasetId}`,
    datasetReference: { datasetId: dataset.datasetId, projectId: dataset.projectId },
    friendlyName: dataset.friendlyName,
    labels: dataset.labels && Object.keys(dataset.labels).length > 0 ? dataset.labels : undefined,
    location: dataset.location,
    type: 'DEFAULT',
  })
}
