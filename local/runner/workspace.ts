/**
 * Gives a job its own copy of the checkout with uncommitted files, without ignored ones. It refuses to hand
 * out .git or the local cloud's state.
 */
import { execFile } from 'node:child_process'
import { constants, copyFile, lstat, mkdir, readdir, readFile, readlink, symlink } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { promisify } from 'node:util'
import createIgnore from 'ignore'
import type { Ignore } from 'ignore'
import pMap from 'p-map'

const run = promisify(execFile)

/** `excluded`: absolute directories never copied, such as the state of the local cloud. */
export const copyCheckout = async (
  repositoryRoot: string,
  target: string,
  excluded: readonly string[],
): Promise<number> => {
  const outside = excluded
    .map((path) => relative(repositoryRoot, path))
    .filter((path) => path !== '' && !path.startsWith('..'))
  const isExcluded = (file: string): boolean =>
    outside.some((prefix) => file === prefix || file.startsWith(prefix + sep))
  const files = (await listCheckout(repositoryRoot)).filter((file) => !isExcluded(file))
  for (const directory of new Set(files.map((file) => dirname(file))))
    await mkdir(join(target, directory), { recursive: true })
  await pMap(files, (file) => copyOne(join(repositoryRoot, file), join(target, file)), { concurrency: 16 })
  return files.length
}

const copyOne = async (from: string, to: string): Promise<void> => {
  const found = await lstat(from).catch(() => undefined)
  // Deleted in the working tree but still in the index, or a submodule.
  if (!found || found.isDirectory()) return
  if (found.isSymbolicLink()) await symlink(await readlink(from), to)
  else await copyFile(from, to, constants.COPYFILE_FICLONE)
}

const listCheckout = async (root: string): Promise<string[]> => {
  const listed = await run(
    'git',
    ['-C', root, 'ls-files', '-z', '--cached', '--others', '--exclude-standard', '--full-name', '--', '.'],
    {
      maxBuffer: 256 * 1024 * 1024,
    },
  ).catch(() => undefined)
  const top = listed && (await run('git', ['-C', root, 'rev-parse', '--show-prefix'])).stdout.trim()
  if (listed && top === '') return [...new Set(listed.stdout.split('\0').filter((file) => file !== ''))]
  return walk(root, '', [])
}

/** Without git (an unpacked archive): the same rule, read from every .gitignore on the way down. */
const walk = async (
  root: string,
  directory: string,
  rules: readonly { base: string; ignore: Ignore }[],
): Promise<string[]> => {
  const own = await readFile(join(root, directory, '.gitignore'), 'utf8').catch(() => undefined)
  const all = own === undefined ? rules : [...rules, { base: directory, ignore: createIgnore().add(own) }]
  const found: string[] = []
  for (const entry of await readdir(join(root, directory), { withFileTypes: true })) {
    if (entry.name === '.git') continue
    const path = directory === '' ? entry.name : `${directory}/${entry.name}`
    const shown = entry.isDirectory() ? `${path}/` : path
    if (all.some(({ base, ignore }) => ignore.ignores(base === '' ? shown : shown.slice(base.length + 1))))
      continue
    if (entry.isDirectory()) found.push(...(await walk(root, path, all)))
    else found.push(path)
  }
  return found
}

const zeros = '0'.repeat(40)

/** Commit and branch of the checkout; forty zeros and main where there is no git or no commit. */
export const headOf = async (root: string): Promise<{ sha: string; ref: string }> => {
  const git = async (...args: string[]): Promise<string> =>
    (await run('git', ['-C', root, ...args]).catch(() => ({ stdout: '' }))).stdout.trim()
  const sha = await git('rev-parse', '--verify', '--quiet', 'HEAD')
  const branch = await git('symbolic-ref', '--quiet', '--short', 'HEAD')
  return { sha: /^[0-9a-f]{40}$/.test(sha) ? sha : zeros, ref: `refs/heads/${branch || 'main'}` }
}

/** GitHub writes a ref out in full: `v1` is a tag where there is one of that name, else a branch. */
export const refNamed = async (root: string, ref: string): Promise<string> => {
  if (ref.startsWith('refs/')) return ref
  const isTag = await run('git', ['-C', root, 'show-ref', '--verify', '--quiet', `refs/tags/${ref}`]).then(
    () => true,
    () => false,
  )
  return `refs/${isTag ? 'tags' : 'heads'}/${ref}`
}
