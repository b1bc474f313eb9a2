/**
 * Which repositories a run knows and where their files lie on this disk. It refuses to fetch: a repository
 * nobody named does not exist.
 */
import { resolve } from 'node:path'
import { headOf, refNamed } from './workspace.ts'

/** One repository at one commit, as far as this disk has it: the checkout as it is now. */
export interface Source {
  readonly repository: string
  readonly root: string
  readonly ref: string
  readonly sha: string
}

export interface Repositories {
  /** The one whose workflow runs; `github.*` speaks of it. */
  readonly own: Source
  readonly names: readonly string[]
  /** The checkout stands for every ref of its repository; `ref` only says how it was asked for. */
  find(repository: string, ref: string): Promise<Source | undefined>
}

/** `others`: OWNER/NAME to the directory of its checkout. */
export const knownRepositories = (own: Source, others: Readonly<Record<string, string>>): Repositories => {
  const roots = new Map(
    [...Object.entries(others), [own.repository, own.root] as const].map(([name, root]) => [
      name.toLowerCase(),
      { name, root: resolve(root) },
    ]),
  )
  return {
    own,
    names: [...roots.values()].map(({ name }) => name),
    async find(repository, ref) {
      const known = roots.get(repository.toLowerCase())
      if (!known) return undefined
      if (isFullSha(ref)) return { repository: known.name, root: known.root, ref, sha: ref }
      return {
        repository: known.name,
        root: known.root,
        ref: await refNamed(known.root, ref),
        sha: (await headOf(known.root)).sha,
      }
    },
  }
}

export const isFullSha = (ref: string): boolean => /^[0-9a-f]{40}$/.test(ref)

export const isSameRepository = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()

/** How GitHub writes where a file comes from: OWNER/REPO/path@ref. */
export const fileRef = (source: Source, path: string): string => `${source.repository}/${path}@${source.ref}`
