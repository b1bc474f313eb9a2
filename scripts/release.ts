/**
 * Makes a release: version and CHANGELOG from changesets, interface judged, dist/ rebuilt and compared,
 * licences, bill of materials, checksums; with --dry-run nothing leaves this machine. Usage:
 * docs/releasing.md
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { compareInterfaces, isLower, type Difference } from './release/differences.ts'
import { openRepository, type Repository } from './release/git.ts'
import { layHandover } from './release/handover.ts'
import { readInterface } from './release/interface.ts'
import { collectLicences } from './release/licences.ts'
import { changesetsOf, makeNextVersion, type Bump } from './release/next-version.ts'
import { interfaceTable, writeNotes } from './release/notes.ts'
import { parseOptions, type Options } from './release/options.ts'
import { moveMajor, push } from './release/publish.mjs'
import { Refusal } from './release/refusal.ts'
import { makeBillOfMaterials } from './release/sbom.ts'
import { findSource, type Source } from './release/source.ts'

const say = (line: string): void => void process.stderr.write(`${line}\n`)

function release(options: Options): void {
  const repository = openRepository(options.root)
  if (!options.isDryRun && !options.isInterfaceOnly) fetchTags(repository, options)
  const source = findSource(repository)
  if (options.isInterfaceOnly && changesetsOf(repository, source).length === 0) {
    say(interfaceTable(judgeInterface(repository, source, undefined), source.baseline))
    return
  }
  const next = makeNextVersion(repository, source)
  say(
    `${next.tag} (${next.bump}), ${source.baseline === undefined ? 'the first release' : `after ${source.baseline}`}: commit ${next.commit.slice(0, 12)}`,
  )
  const differences = judgeInterface(repository, source, next.bump)
  say(interfaceTable(differences, source.baseline))
  if (options.isInterfaceOnly) return
  compareDist(options.root)
  const licences = collectLicences(repository, next.commit)
  say(`licences of ${licences.packages.length} bundled packages are known and allowed`)
  const digest = layHandover(
    repository,
    source,
    next,
    {
      notes: writeNotes(next, differences, source.baseline, homeOnGitHub()),
      bill: makeBillOfMaterials(repository, next.commit, licences.packages),
      licences: licences.text,
    },
    options.out,
  )
  say(
    `everything for ${next.tag} lies in ${path.relative(process.cwd(), options.out) || '.'}, digest ${digest}`,
  )
  if (!options.isDryRun) {
    const where = {
      root: options.root,
      from: options.out,
      digest,
      remote: options.remote,
      branch: options.branch,
    }
    say(push(where))
    say(moveMajor(where))
  } else say('dry run: nothing was pushed')
  process.stdout.write(
    `${JSON.stringify({ version: next.version, tag: next.tag, commit: next.commit, digest })}\n`,
  )
}

/** Only version tags, and never over a tag of this clone that says otherwise. */
function fetchTags(repository: Repository, { remote }: Options): void {
  const tags = repository
    .ask('ls-remote', '--quiet', remote, 'refs/tags/v*')
    .split('\n')
    .map((line) => line.split('\t')[1] ?? '')
    .filter((ref) => /^refs\/tags\/v\d+\.\d+\.\d+(?:-[a-z]+\.\d+)?$/.test(ref))
  if (tags.length > 0)
    repository.ask('fetch', '--quiet', '--no-tags', remote, ...tags.map((ref) => `${ref}:${ref}`))
}

/** Without a bump (no changeset yet, as in a pull request) nothing may differ. */
function judgeInterface(repository: Repository, source: Source, bump: Bump | undefined): Difference[] {
  if (source.baseline === undefined) return []
  const differences = compareInterfaces(
    readInterface(repository, repository.ask('rev-parse', `refs/tags/${source.baseline}^{commit}`)),
    readInterface(repository, source.commit),
  )
  const refused = differences.filter((difference) => bump === undefined || isLower(bump, difference.bump))
  if (refused.length > 0) {
    throw new Refusal(
      ...refused.map(
        ({ what, change, bump: needed }) =>
          `Comparing the interface with ${source.baseline}: ${what} ${change.startsWith('added') || change.startsWith('removed') ? `was ${change}` : change}; that needs a ${needed} release, ${bump === undefined ? 'and there is no changeset' : `the changesets say ${bump}`}.`,
      ),
      `Undo ${refused.length === 1 ? 'the change' : 'these changes'}, or say ${refused[0]?.bump} in a changeset and tell users what to do (npm run changeset).`,
    )
  }
  return differences
}

/** Known inside a workflow only; anything that is not a plain name stays out of the notes. */
function homeOnGitHub(): string | undefined {
  const { GITHUB_SERVER_URL: server = '', GITHUB_REPOSITORY: name = '' } = process.env
  return /^https:\/\/[\w.-]+$/.test(server) && /^[\w.-]+\/[\w.-]+$/.test(name)
    ? `${server}/${name}`
    : undefined
}

/** The bundler of the released checkout judges its dist/, from the lock file's packages. */
function compareDist(root: string): void {
  const bundler = path.join(root, 'scripts/bundle.ts')
  if (!existsSync(bundler)) throw new Refusal('Rebuilding dist/: the checkout has no scripts/bundle.ts.')
  const { status } = spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', bundler, '--check'],
    { cwd: root, stdio: ['ignore', 2, 2] },
  )
  if (status !== 0)
    throw new Refusal(
      'Rebuilding dist/: it is not what the sources and the lock file build (see above); run npm ci and npm run bundle, look at the difference, commit it and run again.',
    )
}

try {
  release(parseOptions(process.argv.slice(2)))
} catch (error) {
  // Errors of the publishing half are sentences as well.
  say(
    error instanceof Error && (error instanceof Refusal || error.constructor.name === 'PublishError')
      ? error.message
      : error instanceof Error
        ? (error.stack ?? error.message)
        : String(error),
  )
  process.exitCode = 1
}
