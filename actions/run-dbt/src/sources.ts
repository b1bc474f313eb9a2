/**
 * One digest over what dbt reads of a project: its settings, every file below the folders they name, and the packages
 * beside it. It refuses to count what a run itself leaves there, so that a dry run does not change its own plan.
 */
import { createHash } from 'node:crypto'
import { readdir, readFile, readlink, stat } from 'node:fs/promises'
import path from 'node:path'
import { parse } from 'yaml'
import { alwaysIgnored } from '../../_shared/local-folder.ts'
import { digestOf } from '../../_shared/plan.ts'
import type { Runner } from '../../_shared/run.ts'

const SETTINGS = ['dbt_project.yml', 'packages.yml', 'dependencies.yml', 'selectors.yml', '.dbtignore']
const LOCK = 'package-lock.yml'
/** What dbt reads where the project names no folder of its own. */
const FOLDERS: Readonly<Record<string, readonly string[]>> = {
  'model-paths': ['models'],
  'macro-paths': ['macros'],
  'seed-paths': ['seeds'],
  'test-paths': ['tests'],
  'analysis-paths': ['analyses'],
  'snapshot-paths': ['snapshots'],
  'function-paths': ['functions'],
  'docs-paths': [],
  'asset-paths': [],
}
const rules = alwaysIgnored()

/** @param written folders that dbt writes to, absolute. */
export async function digestOfSources(
  projectDir: string,
  written: readonly string[],
  runner: Pick<Runner, 'execute'>,
): Promise<string> {
  const found: Record<string, string> = {}
  const nameOf = (file: string): string => path.relative(projectDir, file).split(path.sep).join('/')
  const add = async (file: string): Promise<void> => {
    const data = await readFile(file).catch(() => undefined)
    if (data !== undefined) found[nameOf(file)] = createHash('sha256').update(data).digest('hex')
  }
  const addFolder = async (folder: string): Promise<void> => {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
    for (const entry of entries) {
      const file = path.join(folder, entry.name)
      if (rules.ignores(entry.isDirectory() ? `${entry.name}/` : entry.name) || written.includes(file))
        continue
      if (entry.isDirectory()) await addFolder(file)
      // dbt reads a file behind a link, and does not look into a folder behind one.
      else if (entry.isFile() || (await isFile(file))) await add(file)
      else if (entry.isSymbolicLink()) found[nameOf(file)] = await readlink(file)
    }
  }
  const projects = [projectDir]
  // Grows while it is read: a package of this machine may need others.
  for (const project of projects) {
    for (const name of SETTINGS) await add(path.join(project, name))
    for (const folder of await foldersOf(project)) await addFolder(path.resolve(project, folder))
    for (const local of await localPackages(project)) {
      const there = path.resolve(project, local)
      if (!projects.includes(there)) projects.push(there)
    }
  }
  if (!(await isLeftByRun(projectDir, runner))) await add(path.join(projectDir, LOCK))
  return digestOf(found)
}

const isFile = (file: string): Promise<boolean> =>
  stat(file).then(
    (found) => found.isFile(),
    () => false,
  )

/** A folder that only a template names may be any: then all of the project counts. */
async function foldersOf(project: string): Promise<readonly string[]> {
  const settings = await readYaml(path.join(project, 'dbt_project.yml'))
  const folders = Object.entries(FOLDERS).flatMap(([key, usual]) => settings[key] ?? usual)
  const names = [...new Set(folders.filter((name): name is string => typeof name === 'string'))]
  return names.some((name) => name.includes('{')) ? ['.'] : names
}

async function localPackages(project: string): Promise<string[]> {
  const lists = await Promise.all(
    ['packages.yml', 'dependencies.yml'].map((name) => readYaml(path.join(project, name))),
  )
  return lists
    .flatMap(({ packages }) => (Array.isArray(packages) ? (packages as unknown[]) : []))
    .map((entry) => (entry as { local?: unknown } | null)?.local)
    .filter((local): local is string => typeof local === 'string' && !local.includes('{'))
}

async function readYaml(file: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    const value: unknown = parse(await readFile(file, 'utf8'), { logLevel: 'silent', uniqueKeys: false })
    return value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

/** `deps` writes a lock where there is none; git knows those that were brought. */
async function isLeftByRun(projectDir: string, runner: Pick<Runner, 'execute'>): Promise<boolean> {
  if (!(await isFile(path.join(projectDir, LOCK)))) return false
  const quiet = { onStdoutLine: () => undefined, onStderrLine: () => undefined }
  const args = ['-c', 'safe.directory=*', '-C', projectDir, 'ls-files', '--error-unmatch', '--', LOCK]
  const answer = await runner.execute('git', args, quiet).catch(() => undefined)
  return answer?.exitCode === 1
}
