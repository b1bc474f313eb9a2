/**
 * A transaction of several statements: what they changed waits here until it commits. Only the script's own temporary
 * tables are known before that, to nobody but the script.
 */
import { CloudError } from '../../kernel.ts'
import type { Change, Entry } from './change.ts'
import type { JobRecord } from './records.ts'

export class Held {
  readonly #changes: Change[] = []
  readonly #undo: (() => void)[] = []

  add(change: Change): void {
    this.#changes.push(change)
  }
  onRollback(undo: () => void): void {
    this.#undo.push(undo)
  }
  rollback(): void {
    for (const undo of this.#undo.reverse()) undo()
  }
  /** The last record of each name; a move keeps its place. */
  get entries(): Entry[] {
    const last = new Map<string, Entry>()
    for (const { entries } of this.#changes)
      for (const entry of entries) {
        const key = `${entry.kind} ${entry.key}`
        last.delete(key)
        last.set(key, entry)
      }
    return [...last.values()]
  }
  /** Nobody else may have changed what this transaction changed. */
  verify(): void {
    try {
      for (const change of this.#changes)
        if (!change.entries.some(isTemporary)) for (const verify of change.verify) verify()
    } catch (error) {
      throw error instanceof CloudError
        ? new CloudError(
            400,
            'invalidQuery',
            `Transaction is aborted due to concurrent update: ${error.message}`,
          )
        : error
    }
  }
  /** They have run, whatever became of what they did. */
  get jobs(): JobRecord[] {
    return this.entries.flatMap(({ kind, record }) => (kind === 'job' && record ? [record as JobRecord] : []))
  }
}

/** Hidden datasets of scripts begin so. */
export const scriptPrefix = '_script'
export const isTemporary = ({ kind, key }: Entry): boolean => kind === 'table' && key.startsWith(scriptPrefix)
