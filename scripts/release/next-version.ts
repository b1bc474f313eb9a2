/**
 * Turns changesets into the next version, the CHANGELOG for users, and the release commit; the work on the
 * words is that of the changesets library.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Repository } from './git.ts'
import { Refusal } from './refusal.ts'
import type { Source } from './source.ts'

export type Bump = 'major' | 'minor' | 'patch'
export interface NextVersion {
  readonly version: string
  readonly tag: string
  readonly majorTag: string
  readonly bump: Bump
  /** This version's part of the CHANGELOG, without its heading. */
  readonly changes: string
  readonly commit: string
}

const changesetsCli = fileURLToPath(new URL('../../node_modules/@changesets/cli/bin.js', import.meta.url))
/** Those that no release has told yet: between candidates the told ones lie in .changeset/pre. */
export const changesetsOf = (repository: Repository, source: Source): string[] =>
  repository
    .list(source.commit, '.changeset/')
    .filter((file) => /^\.changeset\/[^/]+\.md$/.test(file) && file !== '.changeset/README.md')

/** After `changeset pre exit` what the candidates told becomes the version itself, with or without news. */
const areCandidatesOver = (repository: Repository, source: Source): boolean =>
  /"mode": "exit"/.test(repository.read(source.commit, '.changeset/pre.json')?.toString() ?? '')

export function makeNextVersion(repository: Repository, source: Source): NextVersion {
  const changesets = changesetsOf(repository, source)
  if (changesets.length === 0 && !areCandidatesOver(repository, source))
    throw new Refusal(
      'Reading the changesets: there is none in .changeset/, so there is nothing to release; describe the change for users with `npm run changeset`, commit it and run again.',
    )
  const scratch = mkdtempSync(path.join(tmpdir(), 'release-version-'))
  try {
    for (const file of [
      'package.json',
      'package-lock.json',
      'CHANGELOG.md',
      ...repository.list(source.commit, '.changeset/'),
    ]) {
      const content = repository.read(source.commit, file)
      if (content === undefined) continue
      mkdirSync(path.dirname(path.join(scratch, file)), { recursive: true })
      writeFileSync(path.join(scratch, file), file === 'package.json' ? rootAlone(content) : content)
    }
    applyChangesets(scratch)
    countFromOne(scratch)
    const read = (file: string): string => readFileSync(path.join(scratch, file), 'utf8')
    const version = (JSON.parse(read('package.json')) as { version: string }).version
    const bump = bumpBetween(source.version, version)
    const files = new Map<string, Buffer | undefined>([
      ['package.json', withVersion(repository.read(source.commit, 'package.json')!, version)],
      ['CHANGELOG.md', Buffer.from(read('CHANGELOG.md'))],
    ])
    if (existsSync(path.join(scratch, 'package-lock.json')))
      files.set('package-lock.json', Buffer.from(lockWithVersion(read('package-lock.json'), version)))
    // The library moves, keeps or removes what it read; the release commit does as it did.
    const before = repository.list(source.commit, '.changeset/')
    const after = globSync('.changeset/**/*.{md,json}', { cwd: scratch }).map((file) =>
      file.split(path.sep).join('/'),
    )
    for (const file of before) if (!existsSync(path.join(scratch, file))) files.set(file, undefined)
    for (const file of after) {
      const content = readFileSync(path.join(scratch, file))
      if (repository.read(source.commit, file)?.equals(content) !== true) files.set(file, content)
    }
    const commit = repository.commit(source.commit, `Release v${version}`, files)
    if (source.expected !== undefined && commit !== source.expected) {
      throw new Refusal(
        `Making v${version} again: HEAD (${source.expected.slice(0, 12)}) calls itself a release, but the release of its parent is ${commit.slice(0, 12)}; a release commit is made by npm run release alone, so undo that commit and run again.`,
      )
    }
    return {
      version,
      tag: `v${version}`,
      majorTag: `v${version.split('.')[0]}`,
      bump,
      changes: sectionOf(read('CHANGELOG.md'), version),
      commit,
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

/** With workspaces the changesets library would see those alone; a release is of the root. */
function rootAlone(content: Buffer): string {
  const manifest = JSON.parse(content.toString()) as { workspaces?: unknown }
  delete manifest.workspaces
  return `${JSON.stringify(manifest, null, 2)}\n`
}

const withVersion = (manifest: Buffer, version: string): Buffer =>
  Buffer.from(`${JSON.stringify({ ...(JSON.parse(manifest.toString()) as object), version }, null, 2)}\n`)

function applyChangesets(folder: string): void {
  try {
    execFileSync(process.execPath, [changesetsCli, 'version'], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, FORCE_COLOR: '0', NO_COLOR: '1' },
    })
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: Buffer; stderr?: Buffer }
    const said = `${stderr?.toString() ?? ''}\n${stdout?.toString() ?? ''}`
      .split('\n')
      .map((line) => line.replace(/^\W*(?:error\s*)?/, '').trim())
      .find((line) => /error|invalid|could not|not |must/i.test(line))
    throw new Refusal(
      `Reading the changesets: ${said ?? 'the changesets library refused them without a word'}; mend the file in .changeset/, commit it and run again.`,
    )
  }
}

/** The library's first candidate is rc.0; people count from 1, and the next one follows what package.json says. */
function countFromOne(folder: string): void {
  for (const file of ['package.json', 'CHANGELOG.md']) {
    const place = path.join(folder, file)
    const text = readFileSync(place, 'utf8')
    const mark =
      file === 'package.json' ? /("version": "\d+\.\d+\.\d+-[a-z]+\.)0"/ : /^(## \d+\.\d+\.\d+-[a-z]+\.)0$/m
    writeFileSync(place, text.replace(mark, file === 'package.json' ? '$11"' : '$11'))
  }
}

/** Which part of the version grew; an empty changeset grows none. */
export function bumpBetween(before: string, after: string): Bump {
  // Between candidates, and from the last one to the version itself, everything may still change.
  if (before !== after && before.includes('-') && coreOf(before) === coreOf(after)) return 'major'
  const [old, now] = [before, after].map((version) => coreOf(version).split('.').map(Number))
  const part = now?.findIndex((value, index) => value > (old?.[index] ?? 0)) ?? -1
  const bump = (['major', 'minor', 'patch'] as const)[part]
  if (bump === undefined)
    throw new Refusal(
      'Reading the changesets: they name no bump, so the version would stay; give one of them major, minor or patch, commit it and run again.',
    )
  return bump
}

const coreOf = (version: string): string => version.split('-')[0] ?? version

/** npm writes the version of the package twice into its lock file. */
function lockWithVersion(text: string, version: string): string {
  const lock = JSON.parse(text) as { version?: string; packages?: Record<string, { version?: string }> }
  lock.version = version
  if (lock.packages?.[''] !== undefined) lock.packages[''].version = version
  return `${JSON.stringify(lock, null, 2)}\n`
}

function sectionOf(changelog: string, version: string): string {
  const lines = changelog.split('\n')
  const from = lines.indexOf(`## ${version}`)
  const length = lines.slice(from + 1).findIndex((line) => line.startsWith('## '))
  return lines
    .slice(from + 1, length < 0 ? undefined : from + 1 + length)
    .join('\n')
    .trim()
}
