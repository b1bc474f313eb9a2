/** actions/checkout, done by the runner: the working tree of this repository as it is now. It refuses to leave the workspace. */
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join, resolve, sep } from 'node:path'
import type { JobState } from './job-state.ts'
import { StepError } from './step-process.ts'
import { copyCheckout } from './workspace.ts'

export const checkOut = async (
  state: JobState,
  inputs: Readonly<Record<string, string>>,
  source: { root: string; excluded: readonly string[] },
): Promise<{ files: number }> => {
  const { workspace } = state.places
  const target = resolve(workspace, inputs.path ?? '.')
  if (target !== workspace && !target.startsWith(workspace + sep)) throw new StepError(`Repository path '${target}' is not under '${workspace}'`)
  await mkdir(target, { recursive: true })
  if (inputs.clean !== 'false') for (const entry of await readdir(target)) await rm(join(target, entry), { recursive: true, force: true })
  return { files: await copyCheckout(source.root, target, source.excluded) }
}
