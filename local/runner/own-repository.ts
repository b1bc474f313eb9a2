/**
 * Whose repository a workflow file belongs to: the git root it lies in, under the name of its remote. It
 * refuses a file of no repository, because a checkout would have nothing to bring.
 */
import { execFile } from 'node:child_process'
import { readFile, realpath, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve, sep } from 'node:path'
import { promisify } from 'node:util'
import { RunRefused } from './run-options.ts'
import { isSameRepository } from './source.ts'

const run = promisify(execFile)

export interface OwnRepository {
  readonly root: string
  readonly repository: string
}

/** This product's checkout. Its pages call it by the name in package.json, its environment.yaml by that of a deploying repository. */
export interface House extends OwnRepository {
  readonly names: readonly string[]
}

export const houseOf = async (root: string, repository: string): Promise<House> => {
  const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    repository?: { url?: string }
  }
  const ofPages = /github\.com\/(.+?)(?:\.git)?$/.exec(manifest.repository?.url ?? '')?.[1]
  return { root, repository, names: [repository, ...(ofPages === undefined ? [] : [ofPages])] }
}

/**
 * `house`: this product's own checkout, which may be an unpacked archive. `named`: OWNER/NAME to directory, as
 * on the command line; such a name wins over the remote's.
 */
export const ownRepositoryOf = async (
  file: string,
  house: House,
  named: Readonly<Record<string, string>>,
): Promise<OwnRepository> => {
  if (!(await stat(file).catch(() => undefined))?.isFile())
    throw new RunRefused(`there is no workflow file ${file}`)
  const path = await realpath(file)
  const houseRoot = await realpath(house.root)
  const { root, problem } = await gitRootOf(path)
  // A repository around the house is not that of its files, one inside it (a state folder's, say) is.
  const isOfHouse = path.startsWith(houseRoot + sep) && !root?.startsWith(houseRoot + sep)
  if (isOfHouse) return { root: house.root, repository: house.repository }
  if (root === undefined)
    throw new RunRefused(
      `${file} lies in no git repository, so no checkout could bring its files (${problem}); run git init in its root, or copy the file into a repository`,
    )
  for (const [repository, directory] of Object.entries(named))
    if ((await realpath(resolve(directory))) === root) return { root, repository }
  const remote = await nameOfRemote(root)
  // Under a name of the house its own actions would be looked for in the wrong tree.
  const isTaken = house.names.some((name) => isSameRepository(remote ?? name, name))
  return { root, repository: remote === undefined || isTaken ? madeUp(root) : remote }
}

const gitRootOf = async (file: string): Promise<{ root?: string; problem?: string }> => {
  try {
    const { stdout } = await run('git', ['-C', dirname(file), 'rev-parse', '--show-toplevel'])
    return { root: await realpath(stdout.replace(/\n$/, '')) }
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string }
    return { problem: (stderr?.trim() || message).split('\n')[0]! }
  }
}

/** OWNER/NAME of `origin`, when that is an address of a server and not a folder. */
const nameOfRemote = async (root: string): Promise<string | undefined> => {
  const asked = await run('git', ['-C', root, 'remote', 'get-url', 'origin']).catch(() => undefined)
  const address = asked?.stdout.trim() ?? ''
  const path = /^(?:[a-z+]+:\/\/[^/]+\/|[^/@]+@[^/:]+:)(.+?)(?:\.git)?\/?$/i.exec(address)?.[1]
  if (address.startsWith('file:')) return undefined
  return /^[\w.-]+\/[\w.-]+$/.test(path ?? '') ? path : undefined
}

const madeUp = (root: string): string =>
  `local/${
    basename(root)
      .replaceAll(/[^\w.-]+/g, '-')
      .replaceAll(/^[-.]+|[-.]+$/g, '') || 'repository'
  }`
