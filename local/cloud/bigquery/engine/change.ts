/** What one transaction changes of what the warehouse remembers. It changes nothing itself. */
import type { RoutineReference, TableReference } from '../sql/types.ts'
import { tableKey } from './names.ts'
import type { DatasetRecord, JobRecord, RoutineRecord, TableRecord } from './records.ts'

type Kind = 'dataset' | 'table' | 'job' | 'routine'
export interface Entry {
  readonly kind: Kind
  readonly key: string
  readonly record: DatasetRecord | TableRecord | JobRecord | RoutineRecord | null
  readonly isMove?: boolean
}

/** What one transaction changes. `verify` runs when no other commit can come between. */
export class Change {
  readonly entries: Entry[] = []
  readonly verify: (() => void)[] = []
  putDataset(record: DatasetRecord): void {
    this.entries.push({ kind: 'dataset', key: record.datasetId, record })
  }
  removeDataset(datasetId: string): void {
    this.entries.push({ kind: 'dataset', key: datasetId, record: null })
  }
  putTable(record: TableRecord): void {
    this.entries.push({ kind: 'table', key: tableKey(record.reference), record })
  }
  removeTable(reference: TableReference): void {
    this.entries.push({ kind: 'table', key: tableKey(reference), record: null })
  }
  /** The same rows under another name. */
  moveTable(from: TableReference, record: TableRecord): void {
    this.entries.push({ kind: 'table', key: tableKey(from), record: null, isMove: true })
    this.putTable(record)
  }
  putRoutine(record: RoutineRecord): void {
    this.entries.push({ kind: 'routine', key: routineKey(record.reference), record })
  }
  removeRoutine(reference: RoutineReference): void {
    this.entries.push({ kind: 'routine', key: routineKey(reference), record: null })
  }
  putJob(record: JobRecord): void {
    this.entries.push({ kind: 'job', key: jobKey(record), record })
  }
  removeJob(record: JobRecord): void {
    this.entries.push({ kind: 'job', key: jobKey(record), record: null })
  }
}

export const routineKey = (reference: RoutineReference): string =>
  `${reference.datasetId}.${reference.routineId}`

export const jobKey = (job: { location: string; jobId: string }): string =>
  `${job.location.toLowerCase()}.${job.jobId}`
