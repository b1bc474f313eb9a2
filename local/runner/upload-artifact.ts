/**
 * actions/upload-artifact v4 and later, done by the runner: keeps files of a job for the rest of the run; it
 * refuses to let credentials out with them.
 */
import { basename } from 'node:path'
import { findFiles } from '../github/artifacts/artifact-paths.ts'
import { ArtifactError } from '../github/artifacts/artifact-store.ts'
import type { BuiltinStep } from './step-room.ts'
import { StepError } from './step-error.ts'
import { expandPath } from './step-paths.ts'

/** The names under which Google's and this repository's auth actions leave them in the workspace. */
const credentials = /^gha-creds-.*\.json$/

export const uploadArtifact = async ({ state, inputs, room, doing }: BuiltinStep): Promise<void> => {
  const { path = '' } = inputs
  const name = inputs.name || 'artifact'
  const whenNone = inputs['if-no-files-found'] || 'warn'
  if (!['warn', 'error', 'ignore'].includes(whenNone))
    throw new StepError(
      `Unrecognized if-no-files-found input. Provided: ${whenNone}. Available options: warn, error, ignore`,
    )
  if (path.trim() === '') throw new StepError('Input required and not supplied: path')
  const found = await findFiles(
    path,
    (line) => expandPath(state, line),
    isYes(inputs['include-hidden-files']),
  )
  const leaked = found.files.filter(({ from }) => credentials.test(basename(from)))
  for (const file of leaked)
    doing.annotate({
      level: 'warning',
      message: `${file.path} holds credentials and was left out of the artifact '${name}', where GitHub would publish it: add a line !**/gha-creds-*.json to path`,
    })
  const files = found.files.filter((file) => !leaked.includes(file))
  if (files.length === 0) {
    const message = `No files were found with the provided path: ${path.trim()}. No artifacts will be uploaded.`
    if (whenNone === 'error') throw new StepError(message)
    if (whenNone === 'warn') doing.annotate({ level: 'warning', message })
    else doing.log.line(message)
    return
  }
  const artifact = await room.artifacts.add(name, files, isYes(inputs.overwrite)).catch((error: unknown) => {
    throw error instanceof ArtifactError ? new StepError(error.message) : error
  })
  const { repository, runId } = state.facts
  Object.assign(doing.outputs, {
    'artifact-id': String(artifact.id),
    'artifact-digest': artifact.digest,
    'artifact-url': `https://github.com/${repository}/actions/runs/${runId}/artifacts/${artifact.id}`,
  })
  doing.log.line(`artifact ${name}: ${files.length} file(s), sha256 ${artifact.digest}`)
}

const isYes = (text: string | undefined): boolean => text?.toLowerCase() === 'true'
