/**
 * The package of local/ in an empty folder, as `npm install` lays it out, with what it declares and nothing else: an
 * import of anything undeclared fails. Its commands are run as a person types them.
 */
import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { packLocal } from '../../scripts/pack-local.ts'
import { repoRoot } from './cloud.ts'

export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly shown: string
}

/** As a person installs it: `npm install TARBALL`, with what the registry has; the command is in `node_modules/.bin`. */
export function npmInstallPacked(folder: string): void {
  execFileSync(
    'npm',
    ['install', '--no-save', '--no-audit', '--no-fund', packLocal(join(folder, 'tarball'))],
    {
      cwd: folder,
      stdio: 'inherit',
    },
  )
}

/** `folder` is an empty one; afterwards `command` runs the package's command in `cwd`. */
export function installPacked(folder: string): (cwd: string, ...args: string[]) => Promise<Ran> {
  const tarball = packLocal(join(folder, 'tarball'))
  const modules = join(folder, 'node_modules')
  const home = join(modules, 'clickstream-local')
  mkdirSync(home, { recursive: true })
  execFileSync('tar', ['-xzf', tarball, '-C', home, '--strip-components=1'])
  const { dependencies, bin } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>
    bin: Record<string, string>
  }
  const link = (target: string, name: string): void => {
    mkdirSync(dirname(join(modules, name)), { recursive: true })
    symlinkSync(target, join(modules, name))
  }
  for (const name of Object.keys(dependencies)) link(join(repoRoot, 'node_modules', name), name)
  for (const [name, file] of Object.entries(bin)) link(join(home, file), join('.bin', name))
  return (cwd, ...args) =>
    new Promise((resolve) => {
      execFile(
        join(modules, '.bin/clickstream-local'),
        args,
        {
          cwd,
          maxBuffer: 64 * 2 ** 20,
          env: { ...process.env, PATH: [dirname(process.execPath), process.env.PATH].join(delimiter) },
        },
        (error, stdout, shown) => {
          resolve({ code: error ? Number(error.code) : 0, stdout, shown })
        },
      )
    })
}
