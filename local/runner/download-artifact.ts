/**
 * actions/download-artifact v4 and later, done by the runner: brings artifacts of this run or an earlier one
 * into a job; it refuses to write outside that job's directories.
 */
import { chmod, copyFile, mkdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import picomatch from 'picomatch'
import { readArtifacts } from '../github/artifacts/artifact-store.ts'
import type { Artifact } from '../github/artifacts/artifact-store.ts'
import type { BuiltinStep } from './step-room.ts'
import type { JobState } from './job-state.ts'
import type { StepRoom } from './step-room.ts'
import { isSameRepository } from './source.ts'
import { StepError } from './step-error.ts'
import { pathInJob } from './step-paths.ts'

export const downloadArtifact = async ({ state, inputs, room, doing }: BuiltinStep): Promise<void> => {
  const target = pathInJob(state, inputs.path || '.')
  const chosen = choose(await artifactsOf(state, inputs, room), inputs)
  const isFlat = chosen.isSingle || inputs['merge-multiple']?.toLowerCase() === 'true'
  for (const artifact of chosen.artifacts) {
    const directory = isFlat ? target : join(target, artifact.name)
    for (const file of artifact.files) {
      await mkdir(dirname(join(directory, file)), { recursive: true })
      await copyFile(join(artifact.directory, file), join(directory, file))
      // The zip of the artifact service keeps no permissions.
      await chmod(join(directory, file), 0o644)
    }
    doing.log.line(`artifact ${artifact.name}: ${artifact.files.length} file(s), sha256 ${artifact.digest}`)
  }
  if (chosen.artifacts.length === 0) doing.log.line('no artifact of this run matches; nothing was downloaded')
  doing.outputs['download-path'] = target
}

/** GitHub looks into another run only with a token that may read runs; without one it ignores `run-id`. */
const artifactsOf = async (
  state: JobState,
  inputs: Readonly<Record<string, string>>,
  room: StepRoom,
): Promise<readonly Artifact[]> => {
  const { repository, runId } = state.facts
  const wanted = inputs['run-id'] || runId
  if (!isSameRepository(inputs.repository || repository, repository))
    throw new StepError(
      `Unable to download artifact(s): only runs of ${repository} are here, not of ${inputs.repository}`,
    )
  if (wanted === runId) return room.artifacts.list()
  if (!Object.hasOwn(inputs, 'github-token'))
    throw new StepError('run-id of another run needs a token; write github-token: ${{ github.token }}')
  if ((state.permissions.actions ?? 'none') === 'none')
    throw new StepError(
      'Unable to download artifact(s): Resource not accessible by integration; write permissions: { actions: read } in the job',
    )
  const directory = join(dirname(room.runDirectory), wanted)
  const isRun = /^\d+$/.test(wanted) && (await stat(directory).catch(() => undefined))?.isDirectory()
  if (!isRun)
    throw new StepError(
      `Unable to download artifact(s): there is no run ${wanted} on this state; runs lie in ${dirname(room.runDirectory)}`,
    )
  return readArtifacts(join(directory, 'artifacts'))
}

const choose = (
  all: readonly Artifact[],
  inputs: Readonly<Record<string, string>>,
): { artifacts: readonly Artifact[]; isSingle: boolean } => {
  const { name = '', pattern = '' } = inputs
  const ids = inputs['artifact-ids'] ?? ''
  if (name !== '' && ids !== '')
    throw new StepError("Inputs 'name' and 'artifact-ids' cannot be used together. Please specify only one.")
  const there = all.map((artifact) => artifact.name).join(', ') || 'none'
  if (name !== '') {
    const artifact = all.find((candidate) => candidate.name === name)
    if (!artifact)
      throw new StepError(
        `Unable to download artifact(s): Artifact not found for name: ${name}; the run has: ${there}`,
      )
    return { artifacts: [artifact], isSingle: true }
  }
  if (ids !== '') {
    const wanted = ids.split(',').map((id) => id.trim())
    const artifacts = all.filter(({ id }) => wanted.includes(String(id)))
    if (artifacts.length === 0)
      throw new StepError(
        `Unable to download artifact(s): none of the artifact ids ${ids} was found; the run has: ${there}`,
      )
    return { artifacts, isSingle: artifacts.length === 1 }
  }
  const matches = pattern === '' ? () => true : picomatch(pattern)
  return { artifacts: all.filter((artifact) => matches(artifact.name)), isSingle: false }
}
