/**
 * Starts one command in a process group that ends with this process, and ends groups an earlier process left;
 * it never signals a stranger's process.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** A process of ours: the start time tells it from a later process with the same number. */
export interface ProcessMark {
  readonly pid: number
  readonly started: string
}

const KEEPER = fileURLToPath(new URL('./keep_with_parent.py', import.meta.url))
const END_DEADLINE_MS = 10_000

export interface ProcessGroup {
  readonly mark: Promise<ProcessMark | undefined>
  /** Exit code once the command and all it started are gone; above 128 for a signal. */
  readonly ended: Promise<number>
  /** Asks everything to end, then makes it end. */
  end(): void
}

export interface GroupCommand {
  readonly python: string
  readonly command: readonly string[]
  readonly cwd: string
  /** The whole environment: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>
  /** Receives standard output and standard error, in order. */
  readonly outputFd: number
}

export function startGroup({ python, command, cwd, env, outputFd }: GroupCommand): ProcessGroup {
  const child = spawn(python, ['-I', '-S', KEEPER, ...command], {
    cwd,
    env: { ...env },
    stdio: ['pipe', outputFd, outputFd],
    detached: true,
  })
  child.stdin!.on('error', () => undefined)
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => resolve(code ?? (signal === 'SIGKILL' ? 137 : 143)))
  })
  return {
    mark: child.pid === undefined ? Promise.resolve(undefined) : markOf(child.pid),
    ended,
    end: () => endGroup(child),
  }
}

function endGroup(child: ChildProcess): void {
  child.stdin!.destroy()
  const force = setTimeout(() => signalGroup(child.pid!, 'SIGKILL'), END_DEADLINE_MS)
  child.once('exit', () => clearTimeout(force))
}

async function markOf(pid: number): Promise<ProcessMark | undefined> {
  const started = await startTime(pid)
  return started === undefined ? undefined : { pid, started }
}

/** Ends the group of a process recorded earlier, if that very process still lives. */
export async function endLeftover(mark: ProcessMark): Promise<boolean> {
  if ((await startTime(mark.pid)) !== mark.started) return false
  signalGroup(mark.pid, 'SIGKILL')
  return true
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch {
    // Already gone.
  }
}

/** Field 22 of /proc/PID/stat (clock ticks since boot); elsewhere the date `ps` shows. */
async function startTime(pid: number): Promise<string | undefined> {
  try {
    if (process.platform !== 'linux')
      return (
        (await promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)])).stdout.trim() || undefined
      )
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}
