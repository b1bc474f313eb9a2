/**
 * Makes one virtual environment from one hashed lock file; it never resolves versions and never builds what
 * it has no reason to build.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { findPython } from './find-python.mjs'
import { installOnce } from './installed-once.ts'
import { lockPath, readLock, type LockName } from './locks.ts'
import { runTool, type Progress } from './run-tool.ts'
import { cleanEnvironment, ensureUv } from './uv.ts'

export interface PythonEnvironment {
  /** For people: `dbt 1.11`. */
  readonly title: string
  readonly lock: LockName
  /** Lowest and highest fitting minor version of Python 3. */
  readonly pythonRange: readonly [number, number]
  /**
   * Packages that exist as source only; they are built with the locked build tools, without a network of
   * their own.
   */
  readonly builtFromSource?: readonly string[]
}

/** Path of the environment's interpreter; its commands lie beside it. */
export async function ensureEnvironment(wanted: PythonEnvironment, progress: Progress): Promise<string> {
  const locks: LockName[] = wanted.builtFromSource ? ['build', wanted.lock] : [wanted.lock]
  const { python } = await installOnce({
    name: wanted.lock,
    content: await Promise.all(locks.map(readLock)),
    progress,
    install: async (directory) => ({ python: await fillEnvironment(wanted, directory, progress) }),
    isUsable: (installed: { python: string }) => existsSync(installed.python),
  })
  return python
}

async function fillEnvironment(
  wanted: PythonEnvironment,
  directory: string,
  progress: Progress,
): Promise<string> {
  const uv = await ensureUv(progress)
  const run = { doing: `Installing ${wanted.title}`, progress, cwd: directory, env: cleanEnvironment() }
  const packages = ((await readLock(wanted.lock)).match(/^[a-z0-9._[\]-]+==/gim) ?? []).length
  progress(`${wanted.lock}: installing ${wanted.title} (${packages} locked packages) …`)
  const environment = join(directory, 'environment')
  await makeEnvironment(uv, environment, wanted, run)
  const python = join(environment, 'bin', 'python')
  // Who starts these programs may forbid them to write: to compile dbt anew is half of each of its starts.
  const install = [
    'pip',
    'install',
    '--python',
    python,
    '--no-deps',
    '--require-hashes',
    '--compile-bytecode',
  ]
  if (wanted.builtFromSource) {
    await runTool(uv, [...install, '--only-binary', ':all:', '-r', lockPath('build')], run)
    await runTool(uv, [...install, '--no-build-isolation', '-r', lockPath(wanted.lock)], run)
  } else {
    await runTool(uv, [...install, '--only-binary', ':all:', '-r', lockPath(wanted.lock)], run)
  }
  return python
}

async function makeEnvironment(
  uv: string,
  environment: string,
  { title, pythonRange: [from, to] }: PythonEnvironment,
  run: Parameters<typeof runTool>[2],
): Promise<void> {
  const { python, seen } = findPython(from, to)
  // uv looks further than PATH (pyenv, its own, conda) and may fetch a Python where the network allows it.
  const request = python?.path ?? `>=3.${from},<3.${to + 1}`
  try {
    await runTool(uv, ['venv', '--no-project', '--python', request, environment], {
      ...run,
      doing: `Finding a Python for ${title}`,
    })
  } catch (error) {
    if (python) throw error
    throw new Error(
      `${title} runs on Python 3.${from} to 3.${to}; this machine has ${seen.join(', ') || 'none'} and no other could be downloaded; install one of them (or name it in CLICKSTREAM_PYTHON).`,
    )
  }
}
