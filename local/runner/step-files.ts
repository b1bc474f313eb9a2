/**
 * Gives a step its own GITHUB_* files and applies what it wrote there; it refuses links and files grown past
 * GitHub's limits.
 */
import { randomUUID } from 'node:crypto'
import { lstat, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FileCommandError, parsePairs, parsePaths, refusedVariable } from './file-commands.ts'
import type { Pair } from './file-commands.ts'
import type { JobState } from './job-state.ts'

const variables = {
  output: 'GITHUB_OUTPUT',
  env: 'GITHUB_ENV',
  state: 'GITHUB_STATE',
  path: 'GITHUB_PATH',
  summary: 'GITHUB_STEP_SUMMARY',
} as const
type FileKind = keyof typeof variables
const kinds = Object.keys(variables) as FileKind[]
/** runner: FileCommandManager.AttachmentSizeLimit. */
const summaryLimitBytes = 1024 * 1024

export interface StepFiles {
  readonly env: Readonly<Record<string, string>>
  readonly paths: Readonly<Record<FileKind, string>>
}

export const createStepFiles = async (state: JobState): Promise<StepFiles> => {
  const directory = join(state.places.temp, '_runner_file_commands')
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const id = randomUUID()
  const paths = Object.fromEntries(kinds.map((kind) => [kind, join(directory, `${kind}_${id}`)])) as Record<
    FileKind,
    string
  >
  for (const kind of kinds) await writeFile(paths[kind], '', { mode: 0o600 })
  return { paths, env: Object.fromEntries(kinds.map((kind) => [variables[kind], paths[kind]])) }
}

/** Messages are errors of the step: GitHub fails it too. */
export const applyStepFiles = async (
  state: JobState,
  files: StepFiles,
  set: { output: (pair: Pair) => void; state: (pair: Pair) => void },
): Promise<string[]> => {
  const problems: string[] = []
  const attempt = async (kind: FileKind, apply: (content: string) => void): Promise<void> => {
    try {
      apply(await readRegular(files.paths[kind]))
    } catch (error) {
      if (!(error instanceof FileCommandError)) throw error
      problems.push(`Unable to process file command '${kind}' successfully.`, error.message)
    }
  }
  await attempt('output', (content) => {
    parsePairs(content).forEach(set.output)
  })
  await attempt('env', (content) => {
    for (const { name, value } of parsePairs(content)) {
      const refusal = refusedVariable(name)
      if (refusal) throw new FileCommandError(refusal)
      state.variables[name] = value
    }
  })
  await attempt('state', (content) => {
    parsePairs(content).forEach(set.state)
  })
  await attempt('path', (content) => {
    for (const path of parsePaths(content))
      state.paths.splice(0, state.paths.length, path, ...state.paths.filter((known) => known !== path))
  })
  await attempt('summary', (content) => {
    const sizeBytes = Buffer.byteLength(content)
    if (sizeBytes > summaryLimitBytes) {
      throw new FileCommandError(
        `$GITHUB_STEP_SUMMARY upload aborted, supports content up to a size of 1024k, got ${Math.ceil(sizeBytes / 1024)}k.`,
      )
    }
    if (content !== '') state.summaries.push(state.masks.hide(content))
  })
  return problems
}

const readRegular = async (path: string): Promise<string> => {
  const found = await lstat(path).catch(() => undefined)
  if (!found) return ''
  if (!found.isFile()) throw new FileCommandError(`${path} is not a regular file`)
  return (await readFile(path, 'utf8')).replace(/^\uFEFF/, '')
}
