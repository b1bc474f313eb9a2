/**
 * Runs one step's process with the patience GitHub has on cancelling; it refuses to leave any descendant
 * behind.
 */
import { execFile, spawn } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)
/**
 * docs.github.com "Workflow cancellation reference": SIGINT, 7500 ms, SIGTERM, 2500 ms, then the tree is
 * killed.
 */
const interruptMs = 7500
const terminateMs = 2500

export interface ProcessRequest {
  readonly command: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  readonly onLine: (line: string) => void
  /** Aborted on cancellation and when the step's time is over. */
  readonly signal: AbortSignal
}

/**
 * The exit code; 128 + n is not made up for signals: GitHub shows a killed process as failed, so do we (code
 * 1).
 */
export const runProcess = async (request: ProcessRequest): Promise<number> => {
  if (request.signal.aborted) return 1
  const child = spawn(request.command, [...request.args], {
    cwd: request.cwd,
    env: { ...request.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const exited = new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => {
      resolve(code ?? 1)
    })
  })
  const readers = [child.stdout, child.stderr].map((input) =>
    createInterface({ input, crlfDelay: Infinity }).on('line', request.onLine),
  )
  const drained = Promise.all(
    readers.map((reader) => new Promise((resolve) => reader.once('close', resolve))),
  )
  let isStopping = false
  const timers: NodeJS.Timeout[] = []
  const stop = (): void => {
    isStopping = true
    child.kill('SIGINT')
    timers.push(
      setTimeout(() => child.kill('SIGTERM'), interruptMs),
      setTimeout(() => void killTree(child.pid), interruptMs + terminateMs),
    )
  }
  request.signal.addEventListener('abort', stop, { once: true })
  try {
    const code = await exited
    // A background child may hold the pipes open: after the step's own end they are given a moment, then cut.
    const cut = setTimeout(
      () => {
        readers.forEach((reader) => {
          reader.close()
        })
      },
      isStopping ? 500 : 5000,
    )
    await drained
    clearTimeout(cut)
    child.stdout.destroy()
    child.stderr.destroy()
    return code
  } finally {
    request.signal.removeEventListener('abort', stop)
    timers.forEach(clearTimeout)
    if (isStopping) await killTree(child.pid)
  }
}

export const killTree = async (pid: number | undefined): Promise<void> => {
  if (pid === undefined) return
  const descendants = await descendantsOf(pid)
  for (const target of [-pid, ...descendants, pid]) killQuietly(target)
}

/**
 * What a job left running: GitHub finds it by an environment variable it gave to every step. Linux only;
 * elsewhere the trees above suffice.
 */
export const killByVariable = async (name: string, value: string): Promise<number> => {
  const killed = new Set<number>()
  // A process in the middle of exec() shows no environment, and a killed one takes a moment: two quiet looks
  // in a row are the end.
  for (let quiet = 0, look = 0; quiet < 2 && look < 100; look++) {
    const found = await findByVariable(`${name}=${value}`)
    for (const pid of found) if (killQuietly(pid)) killed.add(pid)
    quiet = found.length === 0 ? quiet + 1 : 0
    await pause(10)
  }
  return killed.size
}

const findByVariable = async (wanted: string): Promise<number[]> => {
  const pids = (await readdir('/proc').catch(() => [])).filter((entry) => /^\d+$/.test(entry)).map(Number)
  const found: number[] = []
  for (const pid of pids) {
    if (pid === process.pid) continue
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')
    if (environment.split('\0').includes(wanted)) found.push(pid)
  }
  return found
}

const descendantsOf = async (root: number): Promise<number[]> => {
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid=']).catch(() => ({ stdout: '' }))
  const pairs = stdout.split('\n').map((line) => line.trim().split(/\s+/).map(Number))
  const found: number[] = []
  const queue = [root]
  for (let parent = queue.pop(); parent !== undefined; parent = queue.pop()) {
    for (const [pid, ppid] of pairs)
      if (ppid === parent && pid !== undefined) {
        found.push(pid)
        queue.push(pid)
      }
  }
  return found
}

const killQuietly = (pid: number): boolean => {
  try {
    process.kill(pid, 'SIGKILL')
    return true
  } catch {
    return false
  }
}
