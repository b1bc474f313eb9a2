/**
 * Keeps what `dbt deps` installed from a lock below the runner's tool folder, and puts it back for the same lock. It
 * refuses an entry that is not to the byte what was kept, and whatever is no plain file inside its folder.
 */
import { createHash } from 'node:crypto'
import { cp, lstat, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'

/** Beside the files, what they were: path → SHA-256. */
const INDEX = 'files.json'
const CONTENT = 'content'
const MOST_FILES = 20_000

/** @returns the folder with the packages; undefined when there is none, or it is not what was kept. */
export async function findKept(base: string, digest: string): Promise<string | undefined> {
  const entry = entryOf(base, digest)
  try {
    const said = JSON.parse(await readFile(path.join(entry, INDEX), 'utf8')) as {
      digest?: unknown
      files?: unknown
    }
    if (said.digest !== digest) return undefined
    const content = path.join(entry, CONTENT)
    if (!(await lstat(entry)).isDirectory() || !(await lstat(content)).isDirectory()) return undefined
    const found = await filesOf(content)
    return found !== undefined && isSame(found, said.files) ? content : undefined
  } catch {
    return undefined
  }
}

/** Nothing is kept of packages that hold links: they may lead anywhere. @returns whether it was. */
export async function keep(base: string, digest: string, folder: string): Promise<boolean> {
  const entry = entryOf(base, digest)
  const building = `${entry}.${process.pid}`
  try {
    await rm(building, { recursive: true, force: true })
    await mkdir(building, { recursive: true })
    // Of a package that came from git, its history is nobody's to read.
    await cp(folder, path.join(building, CONTENT), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (source) => path.basename(source) !== '.git',
    })
    const files = await filesOf(path.join(building, CONTENT))
    if (files === undefined || Object.keys(files).length === 0) return false
    await writeFile(path.join(building, INDEX), JSON.stringify({ digest, files }))
    await rm(entry, { recursive: true, force: true })
    await rename(building, entry)
    return true
  } catch {
    // A full disk or a job that was quicker: the next run asks dbt again.
    return false
  } finally {
    await rm(building, { recursive: true, force: true }).catch(() => undefined)
  }
}

/** As dbt does it: what stood there goes. */
export async function putBack(content: string, folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true })
  await cp(content, folder, { recursive: true, verbatimSymlinks: true })
}

const entryOf = (base: string, digest: string): string =>
  path.join(base, `dbt-packages-${digest.slice(0, 32)}`)

/** undefined when something in it is neither folder nor plain file. */
async function filesOf(folder: string): Promise<Record<string, string> | undefined> {
  const found: Record<string, string> = {}
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  if (entries.length > MOST_FILES) return undefined
  for (const entry of entries) {
    if (entry.isDirectory()) continue
    if (!entry.isFile()) return undefined
    const file = path.join(entry.parentPath, entry.name)
    const name = path.relative(folder, file).split(path.sep).join('/')
    found[name] = createHash('sha256')
      .update(await readFile(file))
      .digest('hex')
  }
  return found
}

function isSame(found: Readonly<Record<string, string>>, said: unknown): boolean {
  if (said === null || typeof said !== 'object') return false
  const names = Object.keys(found)
  return (
    names.length === Object.keys(said).length &&
    names.every(
      (name) => Object.hasOwn(said, name) && (said as Record<string, unknown>)[name] === found[name],
    )
  )
}
