/**
 * Installs a thing at most once per user and content: one installer at a time, and only what carries its
 * completion marker counts.
 */
import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { lock } from 'proper-lockfile'
import { explainFailure } from './explain-failure.mjs'
import type { Progress } from './run-tool.ts'

const MARKER = 'complete.json'
const LOCK_STALE_MS = 30_000

export interface Installation<T> {
  /** Shown to the person and used in the folder's name: `spark`. */
  readonly name: string
  /** Everything whose change must lead to another installation: lock files, versions, platform. */
  readonly content: readonly (string | Buffer)[]
  readonly progress: Progress
  /** Fills the empty folder; what it returns is remembered in the marker. */
  readonly install: (directory: string) => Promise<T>
  /** False when something outside the folder (an interpreter, a JDK) has since gone. */
  readonly isUsable: (installed: T) => boolean
}

export function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'clickstream-actions')
}

export async function installOnce<T>(installation: Installation<T>): Promise<T> {
  const digest = createHash('sha256')
  for (const part of [process.platform, process.arch, ...installation.content])
    digest.update(part).update('\0')
  const directory = join(cacheFolder(), `${installation.name}-${digest.digest('hex').slice(0, 16)}`)
  const whole = await readMarker(directory, installation)
  if (whole !== undefined) return whole
  const release = await lockFolder(directory, installation)
  try {
    return (await readMarker(directory, installation)) ?? (await installWhole(directory, installation))
  } finally {
    await release()
  }
}

async function readMarker<T>(directory: string, { isUsable }: Installation<T>): Promise<T | undefined> {
  try {
    const installed = JSON.parse(await readFile(join(directory, MARKER), 'utf8')) as T
    return isUsable(installed) ? installed : undefined
  } catch {
    return undefined
  }
}

async function lockFolder<T>(
  directory: string,
  { name, progress }: Installation<T>,
): Promise<() => Promise<void>> {
  try {
    await mkdir(cacheFolder(), { recursive: true })
  } catch (error) {
    throw explainFailure(`Preparing ${cacheFolder()}`, String(error))
  }
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await lock(directory, {
        realpath: false,
        lockfilePath: `${directory}.lock`,
        stale: LOCK_STALE_MS,
        update: LOCK_STALE_MS / 6,
      })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ELOCKED')
        throw explainFailure(`Preparing ${directory}`, String(error))
      if (attempt % 60 === 0) progress(`${name}: another process is installing it; waiting …`)
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
  }
}

async function installWhole<T>(directory: string, { name, install, progress }: Installation<T>): Promise<T> {
  const startedMs = Date.now()
  // A folder without its marker is what a crash or a full disk left behind.
  await rm(directory, { recursive: true, force: true })
  await mkdir(directory, { recursive: true })
  const installed = await install(directory)
  const unfinished = join(directory, `${MARKER}.tmp`)
  await writeFile(unfinished, JSON.stringify(installed))
  await rename(unfinished, join(directory, MARKER))
  progress(`${name}: ready after ${Math.round((Date.now() - startedMs) / 1000)} s`)
  return installed
}
