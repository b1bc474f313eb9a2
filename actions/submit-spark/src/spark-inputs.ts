/** What the author of the workflow asks of submit-spark, as values; it refuses to know how they were written. */
import type { Prices } from './prices.ts'

export interface SparkInputs {
  readonly main: string
  /** A batch that runs already: it is waited for, and nothing is made. */
  readonly attach: string | undefined
  readonly mainClass: string | undefined
  readonly queryVariables: Readonly<Record<string, string>>
  readonly args: readonly string[]
  readonly pyFiles: readonly string[]
  readonly jars: readonly string[]
  readonly files: readonly string[]
  readonly archives: readonly string[]
  readonly region: string
  readonly projectId: string | undefined
  /** Undefined only when nothing is submitted. */
  readonly serviceAccount: string | undefined
  readonly stagingBucket: string
  readonly runtimeVersion: string
  readonly properties: Readonly<Record<string, string>>
  readonly labels: Readonly<Record<string, string>>
  readonly batchId: string | undefined
  readonly ttlSeconds: number | undefined
  readonly subnetwork: string | undefined
  readonly networkTags: readonly string[]
  readonly service: ServiceInputs
  readonly timeoutMs: number
  readonly waiting: Waiting
  readonly prices: Prices
  readonly maxCostUsd: number | undefined
  readonly isWaiting: boolean
  readonly isStageOnly: boolean
  readonly isDryRun: boolean
  readonly expectedPlan: string
  readonly matrix: string
  readonly allowedHosts: readonly string[]
}

/** What of the service a batch uses; passed on as it is, for Google to judge. */
export interface ServiceInputs {
  readonly containerImage: string | undefined
  readonly kmsKey: string | undefined
  readonly metastore: string | undefined
  readonly historyServer: string | undefined
  readonly cohort: string | undefined
  readonly autotuning: readonly string[]
}
export interface Waiting {
  readonly toleranceMs: number
  readonly longestPauseMs: number
  readonly settleMs: number
}
