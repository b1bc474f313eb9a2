/** What a shape of file is made of: an optional header, and the lines of each visitor; it refuses to know which shapes there are. */
import type { Moment } from './visits.ts'

export interface RowWriter {
  readonly header?: string
  /** Rows in memory at a time, between which they are shuffled. */
  readonly blockRows: number
  /** Calls `emit` for each of the visitor's `size` moments in time order, with the lines that the event is in the file. */
  visit(visitor: number, moments: readonly Moment[], size: number, emit: Emit): void
}
export type Emit = (lines: readonly string[], isCart: boolean) => void

export interface Items {
  /** How many there are; ranks are below it, 0 being the bestseller. */
  readonly count: number
  idOf(rank: number): number
}
