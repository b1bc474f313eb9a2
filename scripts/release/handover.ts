/**
 * Lays down everything a publishing job needs, in one folder with one digest: it builds nothing later and
 * asks nobody.
 */
import { createHash } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Repository } from './git.ts'
import type { NextVersion } from './next-version.ts'
import { digestOf } from './publish.mjs'
import { Refusal } from './refusal.ts'
import type { Source } from './source.ts'

export interface Parts {
  readonly notes: string
  readonly bill: string
  readonly licences: string
}

/**
 * GitHub gives every user of an action the whole source archive; more than this would slow every job down.
 */
export const LARGEST_ARCHIVE = 8 * 2 ** 20
const sha256 = (content: Buffer | string): string => createHash('sha256').update(content).digest('hex')

export function layHandover(
  repository: Repository,
  source: Source,
  next: NextVersion,
  parts: Parts,
  out: string,
): string {
  const name = `clickstream-actions-${next.version}`
  const archive = gzipSync(repository.bytes('archive', '--format=tar', `--prefix=${name}/`, next.commit), {
    level: 9,
  })
  if (archive.length > LARGEST_ARCHIVE)
    throw new Refusal(
      `Packing the source archive: it has ${archive.length} bytes, more than ${LARGEST_ARCHIVE}; keep what users of the actions do not need out of it (export-ignore in .gitattributes).`,
    )
  const assets = new Map<string, Buffer>([
    [`${name}.tar.gz`, archive],
    ['sbom.cdx.json', Buffer.from(parts.bill)],
    ['THIRD-PARTY-LICENSES.txt', Buffer.from(parts.licences)],
  ])
  // The bundles are named too: they are what a user's job executes, so they are what gets attested.
  const sums = [
    ...[...assets].map(([file, content]) => `${sha256(content)}  ${file}`),
    ...repository
      .list(next.commit, 'dist/')
      .map((file) => `${sha256(repository.read(next.commit, file) ?? '')}  ${file}`),
  ]
  assets.set('SHA256SUMS', Buffer.from(`${sums.join('\n')}\n`))
  rmSync(out, { recursive: true, force: true })
  mkdirSync(path.join(out, 'assets'), { recursive: true })
  for (const [file, content] of assets) writeFileSync(path.join(out, 'assets', file), content)
  writeFileSync(path.join(out, 'notes.md'), parts.notes)
  writeFileSync(
    path.join(out, 'release.json'),
    `${JSON.stringify({ schemaVersion: 1, version: next.version, tag: next.tag, majorTag: next.majorTag, source: source.commit, commit: next.commit }, null, 2)}\n`,
  )
  packCommit(repository, source, next, path.join(out, 'release.bundle'))
  return digestOf(out)
}

/** git bundles refs, not commits; the ref is ours alone and gone afterwards. */
function packCommit(repository: Repository, source: Source, next: NextVersion, file: string): void {
  const ref = `refs/clickstream-release/${next.tag}`
  repository.ask('update-ref', ref, next.commit)
  try {
    repository.ask('bundle', 'create', '--quiet', file, ref, `^${source.commit}`)
  } finally {
    repository.ask('update-ref', '-d', ref)
  }
}
