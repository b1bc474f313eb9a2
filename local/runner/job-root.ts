/**
 * A job's own place on the disk, outside the repository; it refuses to leave behind those of runs that were
 * killed before they could tidy up.
 */
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { JobPlaces } from './contexts.ts'

const prefix = 'clickstream-job-'

/**
 * Outside the repository: a bundle that lacks a module must not find it in this checkout's node_modules. The
 * name tells whose it is.
 */
export const makeJobRoot = async (): Promise<string> => {
  await removeAbandoned()
  return mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`))
}

/** The folder that jobs know as RUNNER_TOOL_CACHE. */
export const toolCacheOf = (stateDir: string): string => resolve(stateDir, 'tool-cache')

export const placesIn = (root: string, of: { repository: string; stateDir: string }): JobPlaces => {
  const name = of.repository.split('/')[1] ?? 'repository'
  return {
    root,
    workspace: join(root, 'work', name, name),
    temp: join(root, 'work', '_temp'),
    actions: join(root, 'work', '_actions'),
    home: join(root, 'home'),
    toolCache: toolCacheOf(of.stateDir),
    eventFile: join(root, 'work', '_temp', 'event.json'),
  }
}

/** Before a job has a place: nothing of `github.*` that names one is known yet. */
export const noPlaces: JobPlaces = {
  root: '',
  workspace: '',
  temp: '',
  actions: '',
  home: '',
  toolCache: '',
  eventFile: '',
}

const removeAbandoned = async (): Promise<void> => {
  for (const name of await readdir(tmpdir())) {
    const pid = new RegExp(`^${prefix}(\\d+)-`).exec(name)?.[1]
    // Those of another user cannot be removed, and need not be.
    if (pid !== undefined && !isAlive(Number(pid)))
      await rm(join(tmpdir(), name), { recursive: true, force: true }).catch(() => undefined)
  }
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
