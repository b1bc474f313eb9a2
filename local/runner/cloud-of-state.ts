/**
 * Finds the cloud that already runs on a state, or starts one for the time of a run. It refuses to trust a
 * note left by a dead process.
 */
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startCloud } from '../cloud/server.ts'
import { cloudDirOf } from '../state/cloud-directory.ts'
import { takeStateLock } from '../state/state-lock.ts'
import { connectToCloud } from './cloud-connection.ts'
import type { CloudConnection } from './cloud-connection.ts'

export interface OpenCloud {
  readonly connection: CloudConnection
  close(): Promise<void>
}

/** Written by `local -- up` when it is ready, so that `local -- run` on the same state joins it. */
export const announceCloud = async (
  stateDir: string,
  cloud: { origin: string; cloudDir: string },
): Promise<{ withdraw(): Promise<void> }> => {
  const file = noteFile(stateDir)
  await writeFile(
    `${file}.${process.pid}`,
    JSON.stringify({ url: cloud.origin, cloudDir: cloud.cloudDir, pid: process.pid }),
    { mode: 0o600 },
  )
  await rename(`${file}.${process.pid}`, file)
  return { withdraw: () => rm(file, { force: true }) }
}

export const openCloud = async (options: {
  stateDir: string
  repositoryRoot: string
  isSealed: boolean
  log: (line: string) => void
}): Promise<OpenCloud> => {
  const { stateDir, repositoryRoot, isSealed, log } = options
  const running = await findRunning(stateDir)
  if (running) {
    log(`using the local cloud at ${running.url}`)
    return {
      connection: connectToCloud(running.url, running.cloudDir, isSealed),
      close: () => Promise.resolve(),
    }
  }
  const lock = await takeStateLock(stateDir, 'local run')
  try {
    const cloudDir = await cloudDirOf(stateDir)
    const cloud = await startCloud({ stateDir: cloudDir, repoRoot: repositoryRoot, log })
    return {
      connection: connectToCloud(cloud.origin, cloudDir, isSealed),
      close: async () => {
        await cloud.close()
        await lock.release()
      },
    }
  } catch (error) {
    await lock.release()
    throw error
  }
}

const noteFile = (stateDir: string): string => join(stateDir, 'cloud.json')

const findRunning = async (stateDir: string): Promise<{ url: string; cloudDir: string } | undefined> => {
  try {
    const note = JSON.parse(await readFile(noteFile(stateDir), 'utf8')) as {
      url: string
      cloudDir: string
      pid: number
    }
    process.kill(note.pid, 0)
    if (new URL(note.url).hostname !== '127.0.0.1') return undefined
    await fetch(note.url, { signal: AbortSignal.timeout(5000) })
    return note
  } catch {
    return undefined
  }
}
