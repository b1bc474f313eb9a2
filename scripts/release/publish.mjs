// Publishes what was handed on and nothing else: checks its digest, pushes the commit with its tag, makes the
// GitHub release, moves the major tag. Plain JavaScript on Node's own modules, because a job with privileges
// installs nothing; every step may be repeated.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve, sep } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'

const sha256 = (content) => createHash('sha256').update(content).digest('hex')
const short = (commit) => commit.slice(0, 12)

class PublishError extends Error {}

/** SHA-256 over the sorted list of digest and path of every file. */
export function digestOf(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => {
      const file = join(entry.parentPath ?? entry.path, entry.name)
      if (!entry.isFile())
        throw new PublishError(`Reading ${folder}: ${entry.name} is not a plain file; hand on files only.`)
      return `${sha256(readFileSync(file))}  ${relative(folder, file).split(sep).join('/')}\n`
    })
  return sha256(files.sort().join(''))
}

function openHandover({ from, digest }) {
  const found = digestOf(from)
  if (found !== digest)
    throw new PublishError(
      `Checking ${from}: its digest is ${found}, ${digest} was handed on; something changed it on the way, so build it again.`,
    )
  const release = JSON.parse(readFileSync(join(from, 'release.json'), 'utf8'))
  const isWhole =
    /^v\d+\.\d+\.\d+(?:-[a-z]+\.\d+)?$/.test(release.tag) &&
    release.tag === `v${release.version}` &&
    release.majorTag === `v${release.version.split('.')[0]}` &&
    [release.source, release.commit].every((commit) => /^[0-9a-f]{40}([0-9a-f]{24})?$/.test(commit))
  if (!isWhole)
    throw new PublishError(
      `Reading ${join(from, 'release.json')}: it does not describe a release; build it again.`,
    )
  return release
}

function git(root, ...args) {
  return run('git', args, root)
}

function run(command, args, cwd) {
  try {
    return execFileSync(command, args, {
      cwd,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 1 << 26,
      env: { ...process.env, LC_ALL: 'C', GIT_TERMINAL_PROMPT: '0' },
    }).trim()
  } catch (error) {
    throw new PublishError(
      `${command} ${args[0]} ${args[1] ?? ''}: ${(String(error.stderr ?? '').trim() || error.message).split('\n').slice(-4).join(' ')}`,
    )
  }
}

function refsOf({ root, remote, branch }) {
  const lines = git(root, 'ls-remote', '--quiet', remote, 'refs/tags/v*', `refs/heads/${branch}`)
    .split('\n')
    .filter((line) => line !== '')
  const refs = new Map(lines.map((line) => line.split('\t')).map(([commit, ref]) => [ref, commit]))
  return {
    branch: refs.get(`refs/heads/${branch}`),
    tag: (name) => refs.get(`refs/tags/${name}`),
    tags: [...refs.keys()]
      .map((ref) => /^refs\/tags\/(v\d+\.\d+\.\d+(?:-[a-z]+\.\d+)?)$/.exec(ref)?.[1])
      .filter((tag) => tag !== undefined),
  }
}

export function push(where) {
  const { root, remote, branch } = where
  const release = openHandover(where)
  const refs = refsOf(where)
  const existing = refs.tag(release.tag)
  if (existing !== undefined && existing !== release.commit)
    throw new PublishError(
      `Publishing ${release.tag}: ${remote} has this tag already, at ${short(existing)} and not at ${short(release.commit)}; a released version never changes, so release the next one.`,
    )
  if (existing !== undefined && refs.branch !== release.source)
    return `${release.tag} is at ${short(release.commit)} already`
  if (refs.branch === undefined)
    throw new PublishError(`Publishing ${release.tag}: ${remote} has no branch ${branch}; push it first.`)
  git(
    root,
    'fetch',
    '--quiet',
    '--no-tags',
    resolve(where.from, 'release.bundle'),
    `refs/clickstream-release/${release.tag}`,
  )
  const parent = git(root, 'rev-parse', `${release.commit}^`)
  if (parent !== release.source)
    throw new PublishError(
      `Publishing ${release.tag}: its commit does not stand on ${short(release.source)}; build it again.`,
    )
  git(root, 'fetch', '--quiet', '--no-tags', remote, `refs/heads/${branch}`)
  const isInBranch = refs.branch === release.commit || isAncestor(root, release.commit, refs.branch)
  if (!isInBranch && refs.branch !== release.source)
    throw new PublishError(
      `Publishing ${release.tag}: ${branch} of ${remote} is at ${short(refs.branch)}, not at ${short(release.source)} from which the release was made (that would not be a fast-forward); bring this checkout up to date and run again.`,
    )
  const refspecs = [
    ...(isInBranch ? [] : [`${release.commit}:refs/heads/${branch}`]),
    ...(existing === undefined ? [`${release.commit}:refs/tags/${release.tag}`] : []),
  ]
  if (refspecs.length > 0) pushWhole(root, remote, refspecs)
  return `${release.tag} is at ${short(release.commit)}, and ${branch} with it`
}

function pushWhole(root, remote, refspecs) {
  try {
    git(root, 'push', '--quiet', '--atomic', '--no-verify', remote, ...refspecs)
  } catch (error) {
    throw new PublishError(
      `${error.message}\nNothing was published. If a rule of ${remote} refused it, docs/releasing.md says which settings a release needs; otherwise run the same again.`,
    )
  }
}

function isAncestor(root, commit, of) {
  try {
    git(root, 'merge-base', '--is-ancestor', commit, of)
    return true
  } catch {
    return false
  }
}

const isCandidate = (tag) => tag.includes('-')
/** A candidate comes before the version it is a candidate of. */
const numbers = (tag) => {
  const [core, candidate] = tag.slice(1).split('-')
  return [
    ...core.split('.').map(Number),
    candidate === undefined ? Infinity : Number(candidate.split('.')[1]),
  ]
}
const isNewer = (tag, than) => {
  const [left, right] = [numbers(tag), numbers(than)]
  const place = left.findIndex((part, index) => part !== right[index])
  return place >= 0 && left[place] > right[place]
}

export function moveMajor(where) {
  const { root, remote } = where
  const release = openHandover(where)
  const refs = refsOf(where)
  if (refs.tag(release.tag) !== release.commit)
    throw new PublishError(
      `Moving ${release.majorTag}: ${remote} does not have ${release.tag} at ${short(release.commit)}; publish it first.`,
    )
  // Whoever follows a major wants released versions; a candidate is pinned by its own tag.
  if (isCandidate(release.tag)) return `${release.majorTag} stays: ${release.tag} is a candidate`
  const newer = refs.tags
    .filter((tag) => !isCandidate(tag))
    .filter((tag) => tag.startsWith(`${release.majorTag}.`))
    .find((tag) => isNewer(tag, release.tag))
  if (newer !== undefined) return `${release.majorTag} stays: ${newer} is newer than ${release.tag}`
  const current = refs.tag(release.majorTag)
  if (current === release.commit) return `${release.majorTag} is at ${release.tag} already`
  // Somebody else's move in between is refused by the lease (empty: the tag must not exist).
  git(
    root,
    'push',
    '--quiet',
    '--no-verify',
    `--force-with-lease=refs/tags/${release.majorTag}:${current ?? ''}`,
    remote,
    `${release.commit}:refs/tags/${release.majorTag}`,
  )
  return `${release.majorTag} moved to ${release.tag}`
}

/** Draft, then upload, then publish: a published release is immutable, so it must be whole before. */
export function publishOnGitHub(where) {
  const release = openHandover(where)
  const { root, from, repository } = where
  const gh = (...args) => run('gh', args, root)
  const assets = readdirSync(join(from, 'assets')).sort()
  const refs = refsOf(where)
  if (refs.tag(release.tag) !== release.commit)
    throw new PublishError(
      `Publishing the release ${release.tag}: the tag is not at ${short(release.commit)}; push it first.`,
    )
  const find = () =>
    JSON.parse(gh('api', '--paginate', '--slurp', `repos/${repository}/releases?per_page=100`))
      .flat()
      .find(({ tag_name: tag }) => tag === release.tag)
  const seen = find()
  if (seen?.draft === false) {
    compareAssets(release.tag, seen.assets, join(from, 'assets'), assets)
    return `the release ${release.tag} is published already, with the same files`
  }
  if (seen === undefined)
    gh(
      'release',
      'create',
      release.tag,
      '--draft',
      '--verify-tag',
      '--title',
      release.tag,
      '--notes-file',
      join(from, 'notes.md'),
      '--repo',
      repository,
    )
  gh(
    'release',
    'upload',
    release.tag,
    '--clobber',
    '--repo',
    repository,
    ...assets.map((name) => join(from, 'assets', name)),
  )
  compareAssets(release.tag, find()?.assets ?? [], join(from, 'assets'), assets)
  gh(
    'release',
    'edit',
    release.tag,
    '--draft=false',
    `--prerelease=${isCandidate(release.tag)}`,
    `--latest=${!isCandidate(release.tag) && !refs.tags.some((tag) => !isCandidate(tag) && isNewer(tag, release.tag))}`,
    '--repo',
    repository,
  )
  return `the release ${release.tag} is published with ${assets.length} files`
}

function compareAssets(tag, published, folder, wanted) {
  const names = published.map(({ name }) => name).sort()
  if (names.join('\n') !== wanted.join('\n'))
    throw new PublishError(
      `Comparing the release ${tag}: it has the files ${names.join(', ') || 'none'} instead of ${wanted.join(', ')}; look at it on GitHub before you run again.`,
    )
  const other = published.find(
    ({ name, digest }) => digest !== `sha256:${sha256(readFileSync(join(folder, name)))}`,
  )
  if (other !== undefined)
    throw new PublishError(
      `Comparing the release ${tag}: its ${other.name} is another file than the one handed on; a released version never changes, so release the next one.`,
    )
}

/** Before anything is signed: only the digest. */
export function check(where) {
  return `${openHandover(where).tag} is what was handed on`
}

const VERBS = { check, push, github: publishOnGitHub, 'move-major': moveMajor }

function main([verb = '', ...words]) {
  const options = { root: process.cwd(), remote: 'origin', branch: 'main' }
  for (let index = 0; index < words.length; index += 2) {
    const name = /^--(from|digest|remote|branch|repository)$/.exec(words[index])?.[1]
    const value = words[index + 1]
    if (name === undefined || value === undefined || value === '' || value.startsWith('-'))
      throw new PublishError(
        `publish.mjs: ${words[index]} is not understood; usage: publish.mjs ${Object.keys(VERBS).join('|')} --from FOLDER --digest SHA256 [--remote NAME] [--branch NAME] [--repository OWNER/REPO]`,
      )
    options[name] = value
  }
  if (
    !Object.hasOwn(VERBS, verb) ||
    options.from === undefined ||
    options.digest === undefined ||
    (verb === 'github' && options.repository === undefined)
  )
    throw new PublishError(
      `publish.mjs: one of ${Object.keys(VERBS).join(', ')} is needed, with --from and --digest (github: and --repository).`,
    )
  process.stdout.write(`${VERBS[verb]({ ...options, from: resolve(options.from) })}\n`)
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    main(process.argv.slice(2))
  } catch (error) {
    process.stderr.write(`${error instanceof PublishError ? error.message : error.stack}\n`)
    process.exitCode = 1
  }
}
