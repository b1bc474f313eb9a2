// Stands for actions/setup-python: a virtual environment of this machine's own Python, gone with the job. It downloads
// none, and never lets pip write into the machine's.
import { execFileSync } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'

const wanted = (process.env['INPUT_PYTHON-VERSION'] ?? '').trim()
const parts = /^3(?:\.(?:x|(\d+)(?:\.(?:x|(\d+)))?))?$/.exec(wanted || '3')

function fail(message) {
  process.stdout.write(`::error::${message}\n`)
  process.exitCode = 1
}

function ask(command) {
  try {
    const said = execFileSync(
      command,
      ['-I', '-c', 'import sys; print("%d.%d.%d" % sys.version_info[:3]); print(sys.executable)'],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
    )
    const [version, path] = said.trim().split(/\r?\n/)
    return version?.startsWith('3.') && path ? { version, path } : undefined
  } catch {
    return undefined
  }
}

function main() {
  if (!parts)
    return fail(
      `actions/setup-python: python-version '${wanted}' is not understood by this runner's stand-in; write 3.11 or 3.x.`,
    )
  const [, minor, patch] = parts
  const names = [...(minor ? [`python3.${minor}`] : []), 'python3', 'python']
  const all = ['python3', 'python', ...[10, 11, 12, 13, 14].map((n) => `python3.${n}`)]
  const fits = (version) =>
    (!minor || version.split('.')[1] === minor) && (!patch || version.split('.')[2] === patch)
  const found = names.map(ask).find((python) => python && fits(python.version))
  if (!found) {
    const seen = [...new Set(all.map((name) => ask(name)?.version).filter(Boolean))].join(', ')
    return fail(
      `actions/setup-python: Python ${wanted} is not on this machine (${seen ? `only ${seen}` : 'there is none'}), and the local runner downloads none; install it, or ask for another.`,
    )
  }
  const folder = join(process.env.RUNNER_TEMP, `python-${found.version}`)
  try {
    execFileSync(found.path, ['-m', 'venv', folder], { stdio: ['ignore', 'ignore', 'pipe'] })
  } catch (error) {
    const line = String(error.stderr).trim().split('\n')[0]
    return fail(
      `actions/setup-python: ${found.path} made no virtual environment: ${line}; install python3-venv.`,
    )
  }
  const bin = join(folder, 'bin')
  appendFileSync(process.env.GITHUB_PATH, `${bin}\n`)
  for (const name of ['pythonLocation', 'Python_ROOT_DIR', 'Python3_ROOT_DIR', 'VIRTUAL_ENV'])
    appendFileSync(process.env.GITHUB_ENV, `${name}=${folder}\n`)
  appendFileSync(
    process.env.GITHUB_OUTPUT,
    `python-version=${found.version}\npython-path=${join(bin, 'python')}\ncache-hit=false\n`,
  )
  process.stdout.write(
    `a virtual environment of Python ${found.version} (${found.path}), for this job only\n`,
  )
}

main()
