// Stands for actions/setup-node: puts a Node that this machine has in front of PATH. It downloads none.
import { execFileSync } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import process from 'node:process'

const wanted = (process.env['INPUT_NODE-VERSION'] ?? '').trim()

function versionOf(path) {
  try {
    return execFileSync(path, ['-p', 'process.versions.node'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
  } catch {
    return undefined
  }
}

const isAny = ['', 'lts/*', 'node', 'latest', 'current'].includes(wanted)
const parts = /^v?(\d+)(?:\.(?:x|(\d+)(?:\.(?:x|(\d+)))?))?$/.exec(wanted)
const fits = (version) =>
  isAny || (parts !== null && version.split('.').every((part, i) => [undefined, part].includes(parts[i + 1])))

const paths = [
  process.execPath,
  ...(process.env.PATH ?? '')
    .split(delimiter)
    .filter(Boolean)
    .map((folder) => join(folder, 'node')),
]
const seen = [...new Set(paths)]
  .map((path) => ({ path, version: versionOf(path) }))
  .filter(({ version }) => version)
const found = seen.find(({ version }) => fits(version))
if (found) {
  appendFileSync(process.env.GITHUB_PATH, `${dirname(found.path)}\n`)
  appendFileSync(process.env.GITHUB_OUTPUT, `node-version=v${found.version}\ncache-hit=false\n`)
  process.stdout.write(`Node ${found.version} of this machine (${found.path})\n`)
} else {
  const versions = [...new Set(seen.map(({ version }) => version))].join(', ')
  process.stdout.write(
    `::error::actions/setup-node: Node ${wanted} is not on this machine (only ${versions}), and the local runner downloads none; install it, or ask for another.\n`,
  )
  process.exitCode = 1
}
