// Finds a Python on the machine by asking each candidate for its version; it installs nothing and trusts no
// file name.
import { execFileSync } from 'node:child_process'

const CANDIDATES = ['python3', 'python', 'python3.11', 'python3.12', 'python3.13', 'python3.10', 'python3.14']
const REPORT = 'import sys; print("%d.%d.%d" % sys.version_info[:3]); print(sys.executable)'

/**
 * @returns {{path: string, version: string, minor: number} | undefined} what the command says of itself;
 * undefined when it is no Python 3.
 */
export function askPython(command) {
  try {
    const answer = execFileSync(command, ['-I', '-c', REPORT], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 20_000,
      env: process.env,
    })
    const [version = '', path = ''] = answer.trim().split(/\r?\n/)
    const [major, minor] = version.split('.').map(Number)
    return major === 3 && path ? { path, version, minor } : undefined
  } catch {
    return undefined
  }
}

/**
 * The first Python 3 with `from` ≤ minor version ≤ `to`, and every other version seen on the way (for the
 * error message).
 */
export function findPython(from = 10, to = Infinity) {
  const seen = []
  const asked = [...(process.env.CLICKSTREAM_PYTHON ? [process.env.CLICKSTREAM_PYTHON] : []), ...CANDIDATES]
  for (const command of new Set(asked)) {
    const python = askPython(command)
    if (!python) continue
    if (python.minor >= from && python.minor <= to) return { python, seen }
    if (!seen.includes(python.version)) seen.push(python.version)
  }
  return { python: undefined, seen }
}
