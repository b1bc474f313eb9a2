/**
 * One process at a time on a state directory: a lock file naming its holder. It refuses a second living
 * process and takes over from a dead one.
 */
import { randomUUID } from 'node:crypto'
import { link, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { UsageError } from '../usage-error.ts'

/**
 * Level by level: Node's recursive mkdir never returns where a file system answers ENOENT below an existing
 * folder, as /proc does.
 */
const makeStateDir = async (path: string): Promise<void> => {
  if ((await stat(path).catch(() => undefined))?.isDirectory()) return
  if (dirname(path) !== path) await makeStateDir(dirname(path))
  await mkdir(path, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST')
      throw new UsageError(
        `--state: the folder ${path} cannot be made (${error.code ?? error.message}); choose another.`,
      )
  })
  if (!(await stat(path)).isDirectory()) throw new UsageError(`--state: ${path} is a file; name a folder.`)
}

interface Holder {
  readonly pid: number
  readonly startTicks: string
  readonly doing: string
  readonly id: string
}

export const takeStateLock = async (
  stateDir: string,
  doing: string,
): Promise<{ release(): Promise<void> }> => {
  const isThere = await stat(stateDir).catch(() => undefined)
  await makeStateDir(stateDir)
  // In a folder that was there before, this would hide a person's own files from git.
  if (!isThere) await writeFile(join(stateDir, '.gitignore'), '*\n', { flag: 'wx' }).catch(() => undefined)
  const file = join(stateDir, 'lock')
  const mine: Holder = {
    pid: process.pid,
    startTicks: (await statusOf(process.pid)).startTicks,
    doing,
    id: randomUUID(),
  }
  const draft = `${file}.${mine.id}`
  await writeFile(draft, JSON.stringify(mine), { mode: 0o600 })
  try {
    for (let attempt = 0; attempt < 20; attempt++) {
      // Creating the name and its content at once: nobody ever sees half a lock.
      if ((await linkNew(draft, file)) || (await succeedDead(file, draft, stateDir)))
        return { release: () => releaseIfMine(file, mine.id) }
    }
    throw new UsageError(`${stateDir} is in use: other processes keep taking its lock.`)
  } finally {
    await rm(draft, { force: true })
  }
}

/**
 * Takes over from a dead holder. Whoever creates `lock.after.<id of the dead>` succeeds it, and only one can;
 * a successor that died before it became the lock has a successor of its own. The holder is the end of that
 * line. Throws when it lives; false when others were faster.
 */
const succeedDead = async (file: string, draft: string, stateDir: string): Promise<boolean> => {
  const root = await readHolder(file)
  const line: string[] = []
  for (let holder = root; ;) {
    if (holder === 'gone') return false
    if (holder && (await isAlive(holder))) {
      throw new UsageError(
        `${stateDir} is in use by another process (${holder.doing}, pid ${holder.pid}); wait for it or choose another --state.`,
      )
    }
    const next = `${file}.after.${holder?.id ?? 'unreadable'}`
    line.push(next)
    const successor = await readHolder(next)
    if (successor === 'gone') break
    holder = successor
  }
  const mine = line.at(-1) as string
  if (!(await linkNew(draft, mine))) return false
  if (!isSameHolder(await readHolder(file), root)) {
    // The line was cut while it was read: its holder had already become the lock.
    await rm(mine, { force: true })
    return false
  }
  const promoted = `${draft}.lock`
  await link(draft, promoted)
  await rename(promoted, file)
  for (const path of line) await rm(path, { force: true })
  return true
}

const linkNew = async (from: string, to: string): Promise<boolean> => {
  try {
    await link(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

const isSameHolder = (left: Holder | undefined | 'gone', right: Holder | undefined | 'gone'): boolean =>
  left === 'gone' || right === 'gone' ? left === right : left?.id === right?.id

/** Undefined for a file nobody can have written whole: left by a crash of the file system. */
const readHolder = async (file: string): Promise<Holder | undefined | 'gone'> => {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) =>
    error.code === 'ENOENT' ? undefined : '',
  )
  if (text === undefined) return 'gone'
  try {
    return JSON.parse(text) as Holder
  } catch {
    return undefined
  }
}

const releaseIfMine = async (file: string, id: string): Promise<void> => {
  const holder = await readHolder(file)
  if (holder && holder !== 'gone' && holder.id === id) await rm(file, { force: true })
}

const isAlive = async (holder: Holder): Promise<boolean> => {
  try {
    process.kill(holder.pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  const { startTicks, isEnding } = await statusOf(holder.pid)
  return !isEnding && (startTicks === '' || holder.startTicks === '' || startTicks === holder.startTicks)
}

/**
 * The start time tells a process from a later one with the same number; empty where there is no /proc. A
 * killed process keeps its number until its parent asks for its end, in a container without init for ever: it
 * is a zombie, or has no memory any more, and will not use the state again.
 */
const statusOf = async (pid: number): Promise<{ startTicks: string; isEnding: boolean }> => {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return {
    startTicks: fields[19] ?? '',
    isEnding: ['Z', 'X'].includes(fields[0] ?? '') || fields[20] === '0',
  }
}
