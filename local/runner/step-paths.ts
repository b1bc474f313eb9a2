/**
 * Turns a path an author wrote into one on this disk; it refuses what would write outside the job's own
 * directories.
 */
import { join, resolve, sep } from 'node:path'
import type { JobState } from './job-state.ts'
import { StepError } from './step-error.ts'

const isWithin = (directory: string, path: string): boolean =>
  path === directory || path.startsWith(directory + sep)

/** GitHub's sentence for actions/checkout. */
export const pathInWorkspace = (state: JobState, path: string): string => {
  const { workspace } = state.places
  const target = resolve(workspace, path)
  if (!isWithin(workspace, target))
    throw new StepError(`Repository path '${target}' is not under '${workspace}'`)
  return target
}

/** `~` is the job's own home. */
export const expandPath = (state: JobState, path: string): string =>
  resolve(
    state.places.workspace,
    path === '~' || path.startsWith('~/') ? join(state.places.home, path.slice(1)) : path,
  )

/**
 * A hosted runner is thrown away afterwards, this machine is not: an action of the runner writes only where
 * the job's own files are.
 */
export const pathInJob = (state: JobState, path: string): string => {
  const target = expandPath(state, path)
  if (!isWithin(state.places.root, target))
    throw new StepError(
      `path '${target}' is outside the job's own directories; write a path in the workspace or below \${{ runner.temp }}`,
    )
  return target
}
