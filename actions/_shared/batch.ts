/** A Serverless Spark batch as the actions speak of it; it knows no request. */

export type BatchState =
  'STATE_UNSPECIFIED' | 'PENDING' | 'RUNNING' | 'CANCELLING' | 'CANCELLED' | 'SUCCEEDED' | 'FAILED'
export interface Batch {
  /** `projects/P/locations/R/batches/ID`. */
  readonly name: string
  readonly state: BatchState
  readonly stateMessage: string
  readonly labels: Readonly<Record<string, string>>
  /** Oldest first, the current state included. */
  readonly history: readonly { readonly state: BatchState; readonly atMs: number | undefined }[]
  /** `projects/P/regions/R/operations/ID`: what is cancelled. */
  readonly operation: string
  /**
   * `gs://…/driveroutput`, a prefix; absent on runtimes without a staging bucket and before the driver
   * starts.
   */
  readonly outputUri?: string
  /** What a running batch holds at the moment. */
  readonly current?: { readonly milliDcu: number; readonly shuffleGb: number }
  /** Filled some time after the end. */
  readonly usage?: { readonly milliDcuSeconds: number; readonly shuffleGbSeconds: number }
}
