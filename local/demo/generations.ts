/**
 * Generations of the demo's data: each is built aside and becomes current by one rename. It refuses to touch
 * the current one before that.
 */
import { mkdir, readdir, readFile, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'

export interface Generation {
  readonly id: string
  readonly directory: string
  readonly cloudDir: string
  readonly reportDir: string
}

export const newGeneration = async (stateDir: string, nowMs = Date.now()): Promise<Generation> => {
  const id = new Date(nowMs)
    .toISOString()
    .replaceAll(/[-:]/g, '')
    .replace(/\.(\d+)Z$/, '$1Z')
  const directory = join(stateDir, 'generations', id)
  await mkdir(join(stateDir, 'generations'), { recursive: true, mode: 0o700 })
  // Also when a person puts the state inside a repository that does not ignore it.
  if ((await readFile(join(stateDir, '.gitignore')).catch(() => undefined)) === undefined)
    await writeFile(join(stateDir, '.gitignore'), '*\n')
  await mkdir(directory, { mode: 0o700 })
  const generation = {
    id,
    directory,
    cloudDir: join(directory, 'cloud'),
    reportDir: join(directory, 'report'),
  }
  for (const path of [generation.cloudDir, generation.reportDir]) await mkdir(path, { mode: 0o700 })
  return generation
}

/** What every reader sees changes in the instant of the rename; older generations go afterwards. */
export const makeCurrent = async (stateDir: string, generation: Generation): Promise<void> => {
  await point(stateDir, 'current', join('generations', generation.id))
  await point(stateDir, 'report', join('current', 'report'))
  await removeOthers(stateDir, generation.id)
}

export const discard = (generation: Generation): Promise<void> =>
  rm(generation.directory, { recursive: true, force: true })

/** Remains of runs that were killed before they could tidy up. Only under the lock. */
export const removeUnfinished = async (stateDir: string): Promise<void> => {
  const current = await readlink(join(stateDir, 'current')).catch(() => undefined)
  await removeOthers(stateDir, current === undefined ? undefined : basename(current))
}

const removeOthers = async (stateDir: string, keep: string | undefined): Promise<void> => {
  const directory = join(stateDir, 'generations')
  for (const id of await readdir(directory).catch(() => []))
    if (id !== keep) await rm(join(directory, id), { recursive: true, force: true })
}

const point = async (stateDir: string, name: string, target: string): Promise<void> => {
  const link = join(stateDir, name)
  if ((await readlink(link).catch(() => undefined)) === target) return
  const draft = `${link}.${process.pid}`
  await rm(draft, { force: true })
  await symlink(target, draft)
  await rename(draft, link)
}
