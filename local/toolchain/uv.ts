/**
 * Gets `uv`, the installer of every other Python tool, from the Python package registry by whatever pip the
 * machine has; else uses one found on PATH.
 */
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { findPython } from './find-python.mjs'
import { installOnce } from './installed-once.ts'
import { lockPath, readLock } from './locks.ts'
import { runTool, type Progress, type ToolRun } from './run-tool.ts'

export async function ensureUv(progress: Progress): Promise<string> {
  const { uv } = await installOnce({
    name: 'uv',
    content: [await readLock('uv')],
    progress,
    install: (directory) => installUv(directory, progress),
    isUsable: (found: { uv: string }) => existsSync(found.uv),
  })
  return uv
}

async function installUv(directory: string, progress: Progress): Promise<{ uv: string }> {
  progress('uv: installing …')
  const { python } = findPython(10)
  if (!python) throw new Error('Python 3.10 or newer is needed and none was found.')
  const run: ToolRun = { doing: 'Installing uv', progress, cwd: directory, env: cleanEnvironment() }
  const failures: Error[] = []
  for (const attempt of [installIntoFolder, installIntoEnvironment, takeFromPath]) {
    try {
      return { uv: await attempt(python.path, directory, run) }
    } catch (error) {
      failures.push(error as Error)
    }
  }
  // A pip that ran and failed says more than the absence of the alternatives.
  const telling = failures.find(({ message }) => !/No module named|ensurepip|not found/i.test(message))
  throw (
    telling ??
    new Error(
      `uv could not be installed: ${python.path} has neither pip nor venv, and no uv is on PATH; install one of them (on Debian: python3-venv) and run the same command again.`,
    )
  )
}

const pipArguments = () => [
  '-m',
  'pip',
  'install',
  '--quiet',
  '--disable-pip-version-check',
  '--no-input',
  '--only-binary',
  ':all:',
  '--require-hashes',
  '-r',
  lockPath('uv'),
]

async function installIntoFolder(python: string, directory: string, run: ToolRun): Promise<string> {
  const target = join(directory, 'target')
  await mkdir(target, { recursive: true })
  await runTool(python, [...pipArguments(), '--target', target], run)
  return present(join(target, 'bin', 'uv'))
}

async function installIntoEnvironment(python: string, directory: string, run: ToolRun): Promise<string> {
  const environment = join(directory, 'environment')
  await runTool(python, ['-m', 'venv', environment], run)
  await runTool(join(environment, 'bin', 'python'), pipArguments(), run)
  return present(join(environment, 'bin', 'uv'))
}

async function takeFromPath(_python: string, _directory: string, run: ToolRun): Promise<string> {
  for (const folder of (process.env.PATH ?? '').split(':').filter(Boolean)) {
    const uv = join(folder, 'uv')
    if (existsSync(uv) && (await runTool(uv, ['--version'], run)).startsWith('uv ')) return uv
  }
  throw new Error('uv was not found on PATH')
}

function present(path: string): string {
  if (!existsSync(path)) throw new Error(`uv was installed but ${path} was not found`)
  return path
}

/**
 * The caller's network settings without the parts of an active Python environment that would redirect an
 * installation.
 */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = { ...process.env, UV_NO_PROGRESS: '1', NO_COLOR: '1' }
  for (const name of [
    'PYTHONPATH',
    'PYTHONHOME',
    'VIRTUAL_ENV',
    'CONDA_PREFIX',
    'PIP_TARGET',
    'PIP_PREFIX',
    'PIP_USER',
    'PIP_REQUIRE_VIRTUALENV',
    'UV_PYTHON',
    'UV_PROJECT_ENVIRONMENT',
  ])
    delete environment[name]
  // uv does not read pip's settings; a mirror or certificate given to pip is meant for both.
  if (environment.PIP_INDEX_URL && !environment.UV_INDEX_URL)
    environment.UV_DEFAULT_INDEX ??= environment.PIP_INDEX_URL
  if (environment.PIP_CERT) environment.SSL_CERT_FILE ??= environment.PIP_CERT
  return environment
}
