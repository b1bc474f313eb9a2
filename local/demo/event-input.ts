/**
 * What `--events` names, files and folders, once or more often, as the files that are delivered; it refuses a
 * file that would be delivered twice, and says what it leaves aside.
 */
import { createHash } from 'node:crypto'
import { readdir, realpath, stat } from 'node:fs/promises'
import { basename, join, relative } from 'node:path'
import { UsageError } from '../usage-error.ts'
import { checkEventFile, EmptyFile, ENDINGS, kindOf, NoEvents, type EventFile } from './event-file.ts'
import type { EventSource } from './event-source.ts'

export interface DeliveredFile extends EventFile {
  /** Below the folder of events in the bucket. */
  readonly objectName: string
}
export interface EventInput {
  readonly name: string
  readonly sha256: string
  readonly files: readonly DeliveredFile[]
}

export const checkEventInput = async (
  paths: readonly string[],
  wanted: { readonly sources: readonly EventSource[]; readonly isNamed: boolean },
  say: (line: string) => void,
): Promise<EventInput> => {
  const files: DeliveredFile[] = []
  const empty: UsageError[] = []
  const seen = new Set<string>()
  const names = new Set<string>()
  for (const path of paths) {
    const found = await filesOf(path, say)
    const isOnlyOne = paths.length === 1 && found.length === 1
    for (const { file, below } of found) {
      const checked = await checkEventFile(file, wanted).catch((error: unknown) => {
        const isLeft = error instanceof EmptyFile || (error instanceof NoEvents && file !== path)
        if (isOnlyOne || !isLeft) throw error
        empty.push(error)
        say(`  left aside: ${error.message.replace(/^--events /, '').replace(/\.$/, '')}`)
      })
      const real = await realpath(file)
      if (seen.has(real)) throw new UsageError(`--events ${file}: this file is named twice; name it once.`)
      seen.add(real)
      if (checked !== undefined) files.push({ ...checked, objectName: newName(below, names) })
    }
  }
  const [only] = files
  if (only === undefined) throw empty[0] ?? new UsageError('--events: there is no file.')
  if (files.length === 1) return { name: only.name, sha256: only.sha256, files }
  const digest = createHash('sha256')
  for (const { sha256, objectName } of files) digest.update(`${sha256}  ${objectName}\n`)
  return {
    name: `${
      paths.length === 1
        ? basename(paths[0] ?? '')
        : paths
            .map((path) => basename(path))
            .join(', ')
            .slice(0, 80)
    } (${files.length} files)`,
    sha256: digest.digest('hex'),
    files,
  }
}

/** `2 files of ga4, 1 of events`. */
export const tellSources = ({ files }: EventInput): string =>
  [...Map.groupBy(files, ({ source }) => source.name)]
    .map(
      ([source, own], at) =>
        `${own.length}${at > 0 ? '' : own.length === 1 ? ' file' : ' files'} of source ${source}`,
    )
    .join(', ')

const filesOf = async (
  path: string,
  say: (line: string) => void,
): Promise<{ file: string; below: string }[]> => {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
  if (!isFolder) return [{ file: path, below: basename(path) }]
  const entries = await readdir(path, { recursive: true, withFileTypes: true })
  const all = entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => ({ file, below: relative(path, file) }))
    .sort((a, b) => (a.below < b.below ? -1 : 1))
  const isTaken = ({ file }: { file: string }): boolean => kindOf(file) !== undefined
  const taken = all.filter(isTaken)
  if (taken.length === 0) throw new UsageError(`--events ${path}: no file in this folder ends in ${ENDINGS}.`)
  const others = all.filter((file) => !isTaken(file)).map(({ below }) => below)
  if (others.length > 0)
    say(
      `  left aside for their names: ${others.slice(0, 5).join(', ')}${others.length > 5 ? ` and ${others.length - 5} more` : ''}`,
    )
  return taken
}

/** A name that no store, shell or pattern takes for anything else, and that is not hidden; each once. */
const newName = (below: string, taken: Set<string>): string => {
  const safe = below
    .replaceAll(/[^\w./-]/g, '_')
    .split('/')
    .map((part) => part.replace(/^[._]+/, ''))
    .join('/')
    .replace(/(\.\w+)(\.gz)?$/i, (ending) => ending.toLowerCase())
  let name = safe
  for (let next = 2; taken.has(name); next++) name = `${next}/${safe}`
  taken.add(name)
  return name
}
