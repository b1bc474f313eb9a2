/**
 * What `dbt deps` would install, as the project's own lock says it. It refuses to know that of a project without a
 * lock, of folders beside the project, and of anything that variables decide.
 */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { parse } from 'yaml'
import type { Command } from './commands.ts'
import type { Inputs } from './inputs.ts'
import { findKept, keep } from './package-cache.ts'
import type { DbtProject } from './project.ts'

export interface Packages {
  /** As it stands before dbt runs; '' when there is none. */
  readonly lockText: string
  /** Absolute; where dbt puts them. */
  readonly folder: string
  /** Digest of everything that decides what is installed; undefined when something else decides, too. */
  readonly digest?: string
  readonly count: number
}

const LOCK = 'package-lock.yml'

/** `deps` with nothing behind it; with `--upgrade`, `--lock` or `--add-package` it is not about the lock. */
export const isPlainDeps = ({ verb, words, globals }: Command): boolean =>
  verb === 'deps' && words.length === 0 && globals.length === 0

/** undefined when no command installs packages, or the project has none. */
export async function readPackages(
  inputs: Pick<Inputs, 'projectDir' | 'commands' | 'coreVersion'>,
  project: Pick<DbtProject, 'packagesPath'>,
): Promise<Packages | undefined> {
  if (!inputs.commands.some(isPlainDeps) || project.packagesPath === undefined) return undefined
  const [wanted, more, lockText] = await Promise.all(
    ['packages.yml', 'dependencies.yml', LOCK].map((name) => read(inputs.projectDir, name)),
  )
  if (wanted === undefined || more === undefined || lockText === undefined || `${wanted}${more}` === '')
    return undefined
  const locked = lockedIn(lockText)
  // A template may ask for another version, or carry a token, in the next run.
  const isWhole = locked !== undefined && ![wanted, more, lockText].some((text) => text.includes('{{'))
  const texts = [inputs.coreVersion, wanted, more, lockText]
  return {
    lockText,
    folder: project.packagesPath,
    count: locked?.length ?? 0,
    ...(isWhole ? { digest: createHash('sha256').update(JSON.stringify(texts)).digest('hex') } : {}),
  }
}

const readLockText = async (projectDir: string): Promise<string> => (await read(projectDir, LOCK)) ?? ''

async function read(folder: string, name: string): Promise<string | undefined> {
  return readFile(path.join(folder, name), 'utf8').catch((error: NodeJS.ErrnoException) =>
    error.code === 'ENOENT' ? '' : undefined,
  )
}

/** Packages of the hub and commits of git stay what they are; a tarball or a folder need not. */
function lockedIn(text: string): readonly unknown[] | undefined {
  let packages: unknown
  try {
    packages = (parse(text, { logLevel: 'silent' }) as { packages?: unknown } | null)?.packages
  } catch {
    return undefined
  }
  if (!Array.isArray(packages) || packages.length === 0) return undefined
  return packages.every(isFixed) ? packages : undefined
}

function isFixed(entry: unknown): boolean {
  if (entry === null || typeof entry !== 'object') return false
  const { package: hub, version, git, revision } = entry as Record<string, unknown>
  if (typeof hub === 'string') return typeof version === 'string'
  return typeof git === 'string' && typeof revision === 'string' && /^[0-9a-f]{40}$/.test(revision)
}

/** What became of the packages, once dbt installed them. */
export interface Settled {
  /** The folder that holds them from now on. */
  readonly content?: string
  readonly note?: string
}

/** Kept is only what dbt took from the lock: it writes a new one when that is not of this packages.yml. */
export async function settle(packages: Packages, projectDir: string, base: string): Promise<Settled> {
  const now = await readLockText(projectDir)
  if (packages.lockText === '')
    return {
      note: 'dbt deps: the project has no package-lock.yml, so packages are looked up anew in every run; commit the one that dbt wrote.',
    }
  if (now !== packages.lockText)
    return {
      note: 'dbt deps: package-lock.yml was not made from this packages.yml, so dbt looked the packages up anew; commit the one it wrote.',
    }
  if (packages.digest === undefined || !(await keep(base, packages.digest, packages.folder))) return {}
  return { content: await findKept(base, packages.digest) }
}
