// Stands for actions/setup-python: a virtual environment of this machine's own Python, gone with the job. It downloads
// none, and never lets pip write into the machine's.
import { execFileSync } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { choosePython } from '../../../runner/machine-versions.mjs'

function fail(message) {
  process.stdout.write(`::error::${message}\n`)
  process.exitCode = 1
}

function main() {
  const { found, problem } = choosePython(process.env['INPUT_PYTHON-VERSION'] ?? '')
  if (!found) return fail(`actions/setup-python: ${problem}.`)
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
