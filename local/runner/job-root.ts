/** A job's own place on the disk, outside the repository; it refuses to leave behind those of runs that were killed before they could tidy up. */
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const prefix = 'clickstream-job-'

/** Outside the repository: a bundle that lacks a module must not find it in this checkout's node_modules. The name tells whose it is. */
export const makeJobRoot = async (): Promise<string> => {
  await removeAbandoned()
  return mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`))
}

const removeAbandoned = async (): Promise<void> => {
  for (const name of await readdir(tmpdir())) {
    const pid = new RegExp(`^${prefix}(\\d+)-`).exec(name)?.[1]
    // Those of another user cannot be removed, and need not be.
    if (pid !== undefined && !isAlive(Number(pid))) await rm(join(tmpdir(), name), { recursive: true, force: true }).catch(() => undefined)
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
