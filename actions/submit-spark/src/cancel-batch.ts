/**
 * Cancels a batch of this run, for a cancelled run and for the post step. It refuses to touch a batch whose label
 * does not prove that this run made it.
 */
import { GoogleApiError } from '../../_shared/errors.ts'
import type { Google } from '../../_shared/google/connect.ts'
import { cancelOperation, getBatch, terminalStates, type BatchRef } from '../../_shared/google/dataproc.ts'
import { isProven } from './identity.ts'

export interface OwnBatch extends BatchRef {
  readonly requestId: string
}
export type Cancelled = 'asked' | 'ended' | 'unknown' | 'foreign'

export async function cancelBatch(
  google: Google,
  own: OwnBatch,
  log: (line: string) => void,
): Promise<Cancelled> {
  const batch = await getBatch(google, own).catch((error: unknown) => {
    if (error instanceof GoogleApiError && error.status === 404) return undefined
    throw error
  })
  if (batch === undefined) return 'unknown'
  if (!isProven(batch.labels, own.requestId)) return 'foreign'
  if (terminalStates.has(batch.state)) return 'ended'
  if (batch.state === 'CANCELLING') return 'asked'
  await cancelOperation(google, batch.operation, own.region)
  log(`Asked Google to cancel batch ${own.batchId} (it was ${batch.state}).`)
  return 'asked'
}
