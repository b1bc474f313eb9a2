/**
 * Finds out whether this machine lets us run a command in a network of its own that has only loopback; it
 * refuses to seal where it does not, and says why.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

export interface Traffic {
  readonly interfaces: readonly string[]
  readonly packetsWithoutRoute: number
}
export interface Seal {
  /** The command that runs `command` sealed and leaves its traffic in `resultFile`. */
  wrap(command: readonly string[], resultFile: string): string[]
}

const script = path.join(import.meta.dirname, 'loopback_only.py')

export const readTraffic = (file: string): Traffic => JSON.parse(readFileSync(file, 'utf8')) as Traffic

/** Tried for real, once: what a kernel permits cannot be read off its version. */
export function findSeal(
  python = process.env.CLICKSTREAM_PYTHON ?? 'python3',
): Seal | { readonly reason: string } {
  if (process.platform !== 'linux') return { reason: `${process.platform} has no network namespaces` }
  // Root needs no user namespace, and where those are forbidden root may still unshare.
  const options = process.getuid?.() === 0 ? ['-n'] : ['-rn']
  const wrap: Seal['wrap'] = (command, resultFile) => [
    'unshare',
    ...options,
    python,
    '-I',
    script,
    resultFile,
    ...command,
  ]
  const scratch = mkdtempSync(path.join(tmpdir(), 'seal '))
  try {
    const [command = '', ...args] = wrap(['true'], path.join(scratch, 'traffic.json'))
    const tried = spawnSync(command, args, { encoding: 'utf8' })
    if (tried.status === 0) return { wrap }
    return {
      reason:
        (tried.error?.message ?? tried.stderr.trim().split('\n').at(-1) ?? '') ||
        `unshare ended with ${tried.status ?? tried.signal}`,
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}
