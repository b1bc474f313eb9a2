/**
 * Reads what a batch needs: the local files, and which of them the staging bucket already has. It refuses to
 * upload.
 */
import pMap from 'p-map'
import type { BatchState } from '../../_shared/batch.ts'
import { ConflictError, GoogleApiError } from '../../_shared/errors.ts'
import type { Google } from '../../_shared/google/connect.ts'
import { getBatch, terminalStates } from '../../_shared/google/dataproc.ts'
import { pause } from '../../_shared/google/retry.ts'
import { digestsOf, openStorage, type StoredObject } from '../../_shared/google/storage.ts'
import type { Runner } from '../../_shared/run.ts'
import {
  draftBatch,
  isOfRun,
  isProven,
  PROOF_LABEL,
  type Ids,
  type RunFacts,
  type Sources,
} from './identity.ts'
import type { SparkInputs } from './inputs.ts'
import { readSource, type LocalSource } from './local-sources.ts'
import { isRefusal, patiently } from './patience.ts'
import { labelNotes } from './batch-request.ts'
import { isRemote } from './workload-inputs.ts'

export interface StagedSource extends LocalSource {
  /** Content-addressed: the same bytes are always at the same place. */
  readonly object: string
  readonly isThere: boolean
  readonly alias?: string
}
/** A batch that is there under an id of this wish. */
export interface Earlier extends Ids {
  readonly state: BatchState
  readonly isOurs: boolean
}
export interface Observed {
  readonly projectId: string
  /** By the path as given. */
  readonly sources: ReadonlyMap<string, StagedSource>
  readonly run: RunFacts
  /** Oldest first; all but the last one ended without success. */
  readonly earlier: readonly Earlier[]
  /** Of the input attach; the request id is '' when another run made it. */
  readonly attached?: Earlier
  readonly notes: readonly string[]
}

/** How long a batch that is being cancelled is waited for, before it counts as one that runs. */
const CANCELLING_MS = 120_000
const MOST_EARLIER = 50

export async function observe(
  inputs: SparkInputs,
  google: Google,
  runner: Pick<Runner, 'context' | 'log' | 'cancelled'>,
): Promise<Observed> {
  // On its way while files are read and the client of batches is loaded; a failure is told by the first request.
  void google.client.getAccessToken().catch(() => undefined)
  const storage = openStorage(google)
  const wanted: [string, string][] = [
    ['main', inputs.main],
    ...inputs.pyFiles.map((file): [string, string] => ['py-files', file]),
    ...inputs.jars.map((file): [string, string] => ['jars', file]),
    ...inputs.files.map((file): [string, string] => ['files', file]),
    ...inputs.archives.map((file): [string, string] => ['archives', file]),
  ]
  const local = wanted.filter(([, file]) => file !== '' && !isRemote(file))
  const read = await pMap(
    local,
    async ([input, given]) => {
      // An archive may name the folder it is unpacked into.
      const [file = '', alias] = input === 'archives' ? given.split('#') : [given]
      const source = await readSource(runner.context.workspace, file, input)
      return { ...source, given, alias, object: `submit-spark/${source.sha256}/${source.fileName}` }
    },
    { concurrency: 8 },
  )
  const { repository, repositoryId, runId, job, stepId, sha } = runner.context
  const run = { repository, repositoryId, runId, job, stepId, sha }
  const named = new Map(read.map((source) => [source.given, source]))
  if (inputs.attach !== undefined)
    return {
      projectId: google.projectId,
      sources: new Map(),
      run,
      earlier: [],
      attached: await findAttached(inputs, inputs.attach, run, google, runner),
      notes: [],
    }
  const notes = labelNotes(inputs.labels)
  for (const note of notes) runner.log.info(note)
  const [found, sources] = await Promise.all([
    inputs.isStageOnly
      ? { earlier: [], notes: [] }
      : findEarlier(inputs, { run, sources: named }, google, runner),
    pMap(
      read,
      async (source): Promise<[string, StagedSource]> => [
        source.given,
        {
          ...source,
          isThere: isStaged(
            await storage.stat(inputs.stagingBucket, source.object),
            source,
            inputs.stagingBucket,
          ),
        },
      ],
      { concurrency: 8 },
    ),
  ])
  return {
    projectId: google.projectId,
    sources: new Map(sources),
    run,
    ...found,
    notes: [...notes, ...found.notes],
  }
}

/** The name is the content's digest, but whoever may write there can put other bytes under it: they are never run. */
export function isStaged(
  there: StoredObject | undefined,
  source: Pick<StagedSource, 'given' | 'object' | 'data'>,
  bucket: string,
): boolean {
  if (there === undefined) return false
  const { crc32c, md5 } = digestsOf(source.data)
  const isSame = there.crc32c === crc32c && (there.md5 === undefined || there.md5 === md5)
  if (isSame && there.sizeBytes === source.data.length) return true
  throw new ConflictError(
    `Staging ${source.given}: gs://${bucket}/${source.object} holds other bytes than its name says; somebody else wrote them.`,
    {
      step: source.object,
      expected: crc32c,
      found: there.crc32c,
      hint: 'Find out who wrote it, delete it, and run again.',
    },
  )
}

async function findEarlier(
  inputs: SparkInputs,
  world: Sources,
  google: Google,
  runner: Pick<Runner, 'log' | 'cancelled'>,
): Promise<Pick<Observed, 'earlier' | 'notes'>> {
  const draft = draftBatch(inputs, world)
  const earlier: Earlier[] = []
  const notes: string[] = []
  const patience = { ...inputs.waiting, log: runner.log.info, signal: runner.cancelled }
  const untilMs = Date.now() + CANCELLING_MS
  for (let n = 0; n < MOST_EARLIER;) {
    const ids = draft.idsOf(n)
    const ref = { projectId: google.projectId, region: inputs.region, batchId: ids.batchId }
    let batch
    try {
      batch = await patiently(
        `Looking for batch ${ids.batchId}`,
        () => getBatch(google, ref, runner.cancelled),
        patience,
        // A look that only shows less needs no patience; before a create one bad answer is not the last word.
        (error) => isRefusal(error) && (inputs.isDryRun || ![401, 403].includes(error.status)),
      )
    } catch (error) {
      if (!(error instanceof GoogleApiError)) throw error
      if (error.status === 404) break
      if (!(inputs.isDryRun && error.status === 403)) throw error
      notes.push(`Whether a batch of this request is there already is not known: ${error.message}`)
      break
    }
    const isOurs = isProven(batch.labels, ids.requestId)
    if (isOurs && batch.state === 'CANCELLING' && !inputs.isDryRun && Date.now() < untilMs) {
      runner.log.info(`${ids.batchId} is being cancelled; waiting for its end.`)
      await pause(Math.min(2_000, inputs.waiting.longestPauseMs), runner.cancelled)
      runner.cancelled.throwIfAborted()
      continue
    }
    earlier.push({ ...ids, state: batch.state, isOurs })
    if (!isOurs || !terminalStates.has(batch.state) || batch.state === 'SUCCEEDED') break
    n += 1
  }
  return { earlier, notes }
}

async function findAttached(
  inputs: SparkInputs,
  batchId: string,
  run: RunFacts,
  google: Google,
  runner: Pick<Runner, 'log' | 'cancelled'>,
): Promise<Earlier> {
  const batch = await patiently(
    `Looking for batch ${batchId}`,
    () => getBatch(google, { projectId: google.projectId, region: inputs.region, batchId }, runner.cancelled),
    { ...inputs.waiting, log: runner.log.info, signal: runner.cancelled },
  )
  const isOurs = isOfRun(batch.labels, run)
  return { batchId, requestId: isOurs ? (batch.labels[PROOF_LABEL] ?? '') : '', state: batch.state, isOurs }
}
