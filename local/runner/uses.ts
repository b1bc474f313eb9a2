/** Says which action a `uses:` means: the runner's own checkout, or one of this repository; it refuses everyone else's. */
import { join, normalize } from 'node:path'

export type Uses =
  | { readonly kind: 'checkout'; readonly ref: string }
  /** Read from the job's workspace, so it needs a checkout first. `path` is relative to the repository. */
  | { readonly kind: 'local'; readonly path: string }
  /** `OWNER/REPO/path@ref` of this repository: read from the checkout the runner was started in. */
  | { readonly kind: 'repository'; readonly path: string; readonly repository: string; readonly ref: string }
  | { readonly kind: 'refused'; readonly reason: string }

const remote = /^(?<owner>[\w.-]+)\/(?<name>[\w.-]+)(?<path>(?:\/[^@]*)?)@(?<ref>.+)$/

export const parseUses = (uses: string, thisRepository: string): Uses => {
  if (uses.startsWith('docker://')) return { kind: 'refused', reason: `docker actions are not supported (${uses})` }
  if (uses.startsWith('./')) return inside(uses.slice(2), (path) => ({ kind: 'local', path }))
  const match = remote.exec(uses)?.groups
  if (!match) return { kind: 'refused', reason: `uses: ${uses} is neither ./path nor OWNER/REPO/path@ref` }
  const repository = `${match.owner}/${match.name}`
  const ref = match.ref ?? ''
  if (repository.toLowerCase() === 'actions/checkout' && match.path === '') return { kind: 'checkout', ref }
  if (repository.toLowerCase() !== thisRepository.toLowerCase()) {
    return {
      kind: 'refused',
      reason: `uses: ${uses}: actions of other repositories are not supported; supported: actions/checkout, ./path, ${thisRepository}/path@ref`,
    }
  }
  return inside((match.path ?? '').replace(/^\//, ''), (path) => ({ kind: 'repository', path, repository, ref }))
}

const inside = (path: string, make: (path: string) => Uses): Uses => {
  const normal = normalize(join('/', path)).slice(1)
  return path.split('/').includes('..') ? { kind: 'refused', reason: `uses: ${path} leaves the repository` } : make(normal)
}
