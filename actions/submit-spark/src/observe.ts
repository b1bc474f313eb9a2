/**
 * Reads what a batch needs: the local files, and which of them the staging bucket already has. It refuses to
 * upload.
 */
import pMap from 'p-map'
import type { Google } from '../../_shared/google/connect.ts'
import { openStorage } from '../../_shared/google/storage.ts'
import type { Runner } from '../../_shared/run.ts'
import type { SparkInputs } from './inputs.ts'
import { isRemote, readSource, type LocalSource } from './local-sources.ts'

export interface StagedSource extends LocalSource {
  /** Content-addressed: the same bytes are always at the same place. */
  readonly object: string
  readonly isThere: boolean
}
export interface Observed {
  readonly projectId: string
  /** By the path as given. */
  readonly sources: ReadonlyMap<string, StagedSource>
  readonly run: {
    readonly repository: string
    readonly runId: string
    readonly runAttempt: string
    readonly job: string
    readonly stepId: string
    readonly sha: string
  }
}

export async function observe(
  inputs: SparkInputs,
  google: Google,
  runner: Pick<Runner, 'context'>,
): Promise<Observed> {
  const storage = openStorage(google)
  const wanted: [string, string][] = [
    ['main', inputs.main],
    ...inputs.pyFiles.map((file): [string, string] => ['py-files', file]),
    ...inputs.jars.map((file): [string, string] => ['jars', file]),
    ...inputs.files.map((file): [string, string] => ['files', file]),
    ...inputs.archives.map((file): [string, string] => ['archives', file]),
  ]
  const local = wanted.filter(([, file]) => !isRemote(file))
  const sources = await pMap(
    local,
    async ([input, given]): Promise<[string, StagedSource]> => {
      const source = await readSource(runner.context.workspace, given, input)
      const object = `submit-spark/${source.sha256}/${source.fileName}`
      return [
        given,
        { ...source, object, isThere: (await storage.stat(inputs.stagingBucket, object)) !== undefined },
      ]
    },
    { concurrency: 8 },
  )
  const { repository, runId, runAttempt, job, stepId, sha } = runner.context
  return {
    projectId: google.projectId,
    sources: new Map(sources),
    run: { repository, runId, runAttempt, job, stepId, sha },
  }
}
