/**
 * Says what a `uses:` means: one of the runner's own actions, a path, or a repository; it refuses what no
 * checkout on this disk can answer.
 */
import { join, normalize } from 'node:path'
import { isSameRepository } from './source.ts'
import { standIns } from './stand-ins.ts'

const builtinActions = ['checkout', 'upload-artifact', 'download-artifact'] as const
export type BuiltinAction = (typeof builtinActions)[number]

/** Whether the runner does the action of this repository itself, whatever the command line says. */
export const isBuiltin = (repository: string): boolean =>
  builtinActions.some((name) => isSameRepository(repository, `actions/${name}`))

export type Uses =
  /** Done by the runner itself instead of by the action's code. */
  | { readonly kind: 'builtin'; readonly name: BuiltinAction }
  /** `./path`: read from the job's workspace, so it needs a checkout first. */
  | { readonly kind: 'workspace'; readonly path: string }
  /** `$/path`: the repository and commit of the file that says so. */
  | { readonly kind: 'self'; readonly path: string }
  | { readonly kind: 'repository'; readonly path: string; readonly repository: string; readonly ref: string }
  | { readonly kind: 'refused'; readonly reason: string }

const remote = /^(?<owner>[\w.-]+)\/(?<name>[\w.-]+)(?<path>(?:\/[^@]*)?)@(?<ref>.+)$/

/** `known`: the repositories that lie on this disk, the run's own first. */
export const parseUses = (uses: string, known: readonly string[]): Uses => {
  if (uses.startsWith('docker://')) return refused(`docker actions are not supported (${uses})`)
  const path = parsePath(uses)
  if (path) return path
  const match = remote.exec(uses)?.groups
  if (!match) return refused(`uses: ${uses} is none of ./path, $/path and OWNER/REPO/path@ref`)
  const repository = `${match.owner}/${match.name}`
  const builtin = builtinActions.find((name) => isSameRepository(repository, `actions/${name}`))
  if (builtin && match.path === '') return { kind: 'builtin', name: builtin }
  if (!known.some((name) => isSameRepository(name, repository))) {
    // Its client has no option for an endpoint, and the variable for an emulator switches its credentials off.
    if (isSameRepository(repository, 'google-github-actions/upload-cloud-storage'))
      return refused(
        `uses: ${uses}: this action takes no other endpoint and would leave the local cloud for Google; write gcloud storage cp instead, or leave the job out with --without-job`,
      )
    return refused(
      `uses: ${uses}: actions of other repositories are not supported; supported: ${[...builtinActions.map((name) => `actions/${name}`), ...Object.keys(standIns)].join(', ')}, ./path, $/path, ` +
        `${known
          .filter((name) => !Object.hasOwn(standIns, name))
          .map((name) => `${name}/path@ref`)
          .join(
            ', ',
          )}; leave the job out with --without-job, or name a checkout with --repository ${repository}=PATH`,
    )
  }
  return inside((match.path ?? '').slice(1), (normal) => ({
    kind: 'repository',
    path: normal,
    repository,
    ref: match.ref ?? '',
  }))
}

/** A job's `uses:`: the same forms, and GitHub wants the file directly in .github/workflows. */
export const parseWorkflowUses = (
  uses: string,
  known: readonly string[],
): Exclude<Uses, { kind: 'builtin' }> => {
  const parsed = parsePath(uses) ?? parseUses(uses, known)
  if (parsed.kind === 'builtin')
    return refused(`uses: ${uses} is an action; a job calls OWNER/REPO/.github/workflows/FILE.yml@ref`)
  if (parsed.kind === 'refused')
    return {
      ...parsed,
      reason: parsed.reason.replace('actions of other repositories', 'workflows of other repositories'),
    }
  if (!/^\.github\/workflows\/[^/]+\.ya?ml$/.test(parsed.path))
    return refused(
      `uses: ${uses}: a reusable workflow lies directly in .github/workflows; write ./.github/workflows/FILE.yml`,
    )
  return parsed
}

const parsePath = (uses: string): Exclude<Uses, { kind: 'builtin' }> | undefined => {
  if (uses.startsWith('./')) return inside(uses.slice(2), (path) => ({ kind: 'workspace', path }))
  if (!uses.startsWith('$/')) return undefined
  if (uses.includes('@'))
    return refused(
      `uses: ${uses}: $/ means the commit of this very file and takes no @ref; write ${uses.split('@', 1)[0]}`,
    )
  return inside(uses.slice(2), (path) =>
    path === '' ? refused(`uses: ${uses} names no path; write $/path/of/the/action`) : { kind: 'self', path },
  )
}

type Located = Exclude<Uses, { kind: 'builtin' }>
const refused = (reason: string): Uses & { kind: 'refused' } => ({ kind: 'refused', reason })

const inside = (path: string, make: (path: string) => Located): Located => {
  const normal = normalize(join('/', path)).slice(1).replace(/\/$/, '')
  return path.split('/').includes('..') ? refused(`uses: ${path} leaves the repository`) : make(normal)
}
