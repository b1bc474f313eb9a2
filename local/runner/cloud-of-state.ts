/**
 * Finds the cloud that already runs on a state, or starts one for the time of a run. It refuses to trust a
 * note left by a dead process, and a running cloud of other names or rights than were asked for.
 */
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { CloudFiles } from '../cloud-files.ts'
import { startCloud } from '../cloud/server.ts'
import { cloudDirOf } from '../state/cloud-directory.ts'
import { takeStateLock } from '../state/state-lock.ts'
import { UsageError } from '../usage-error.ts'
import { connectToCloud } from './cloud-connection.ts'
import type { CloudConnection } from './cloud-connection.ts'

export interface OpenCloud {
  readonly connection: CloudConnection
  /** Of the cloud that answers, whoever started it. */
  readonly files: CloudFiles
  close(): Promise<void>
}

/** Written by `local -- up` when it is ready, so that `local -- run` on the same state joins it. */
export const announceCloud = async (
  stateDir: string,
  cloud: { origin: string; cloudDir: string; files: CloudFiles },
): Promise<{ withdraw(): Promise<void> }> => {
  const file = noteFile(stateDir)
  await writeFile(
    `${file}.${process.pid}`,
    JSON.stringify({ url: cloud.origin, cloudDir: cloud.cloudDir, pid: process.pid, files: cloud.files }),
    { mode: 0o600 },
  )
  await rename(`${file}.${process.pid}`, file)
  return { withdraw: () => rm(file, { force: true }) }
}

export const openCloud = async (options: {
  stateDir: string
  repositoryRoot: string
  isSealed: boolean
  files: CloudFiles
  log: (line: string) => void
}): Promise<OpenCloud> => {
  const { stateDir, repositoryRoot, isSealed, files, log } = options
  const running = await findRunning(stateDir)
  if (running) {
    for (const [option, name] of [
      ['--environment', 'environmentFile'],
      ['--access', 'accessFile'],
    ] as const)
      if (files[name] !== undefined && files[name] !== running.files[name])
        throw new UsageError(
          `${option} ${files[name]}: the local cloud at ${running.url} was started with ${running.files[name] ?? "this product's file"}; stop it, or choose another --state.`,
        )
    log(`using the local cloud at ${running.url}`)
    return {
      connection: connectToCloud(running.url, running.cloudDir, isSealed),
      files: running.files,
      close: () => Promise.resolve(),
    }
  }
  const lock = await takeStateLock(stateDir, 'local run')
  try {
    const cloudDir = await cloudDirOf(stateDir)
    const cloud = await startCloud({ ...files, stateDir: cloudDir, repoRoot: repositoryRoot, log })
    return {
      connection: connectToCloud(cloud.origin, cloudDir, isSealed),
      files,
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

interface Note {
  readonly url: string
  readonly cloudDir: string
  readonly pid: number
  readonly files: CloudFiles
}

const findRunning = async (stateDir: string): Promise<Note | undefined> => {
  try {
    const note = JSON.parse(await readFile(noteFile(stateDir), 'utf8')) as Note
    process.kill(note.pid, 0)
    if (new URL(note.url).hostname !== '127.0.0.1') return undefined
    await fetch(note.url, { signal: AbortSignal.timeout(5000) })
    return { ...note, files: note.files ?? {} }
  } catch {
    return undefined
  }
}
