/**
 * Finds what is to be released, and the release it follows; it refuses a dirty checkout and a history that
 * does not fit its version.
 */
import type { Repository } from './git.ts'
import { Refusal } from './refusal.ts'

export interface Source {
  /** The commit with the changesets. */
  readonly commit: string
  readonly version: string
  /** The tag this line descends from; undefined before the first release. */
  readonly baseline: string | undefined
  /** HEAD, when it already is a release commit: what is made from its parent must be this very commit. */
  readonly expected: string | undefined
}

export const RELEASE_SUBJECT = /^Release v(\d+\.\d+\.\d+(?:-[a-z]+\.\d+)?)$/

export function findSource(repository: Repository): Source {
  const dirty = repository
    .ask('status', '--porcelain')
    .split('\n')
    .filter((line) => line !== '')
  if (dirty.length > 0)
    throw new Refusal(
      `Looking at the checkout: ${dirty.length} ${dirty.length === 1 ? 'file is' : 'files are'} not committed (${dirty
        .slice(0, 5)
        .map((line) => line.slice(2).trim())
        .join(', ')}${dirty.length > 5 ? ', …' : ''}); commit or remove them and run again.`,
    )
  const head = repository.ask('rev-parse', 'HEAD')
  // After a crash or a pull HEAD may be the release itself; made again from its parent it must be the same.
  const isRelease = RELEASE_SUBJECT.test(repository.ask('show', '-s', '--format=%s', head))
  const commit = isRelease ? repository.ask('rev-parse', `${head}^`) : head
  const version = versionOf(repository, commit)
  const tags = releaseTags(repository)
  const baseline = tags.includes(`v${version}`) ? `v${version}` : undefined
  if (baseline === undefined && version !== '0.0.0') {
    throw new Refusal(
      `Looking for the last release: package.json says ${version}, but this clone has no tag v${version}; fetch the tags (git fetch --tags) and run again.`,
    )
  }
  return { commit, version, baseline, expected: isRelease ? head : undefined }
}

export function releaseTags(repository: Repository): string[] {
  return repository
    .ask('tag', '--list')
    .split('\n')
    .filter((tag) => /^v\d+\.\d+\.\d+(?:-[a-z]+\.\d+)?$/.test(tag))
}

function versionOf(repository: Repository, commit: string): string {
  const manifest = repository.read(commit, 'package.json')
  const version =
    manifest === undefined ? undefined : (JSON.parse(manifest.toString()) as { version?: string }).version
  if (version === undefined || !/^\d+\.\d+\.\d+(?:-[a-z]+\.\d+)?$/.test(version))
    throw new Refusal(
      `Reading package.json: its version is ${JSON.stringify(version ?? '')}; three numbers such as 1.2.3, or a candidate such as 1.2.3-rc.1, are needed.`,
    )
  return version
}
