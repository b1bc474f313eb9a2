/**
 * The publishing half alone: what the job with privileges does with what was handed on, and what it refuses.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { playRepository, type Ended, type Played } from './played-repository.ts'

let played: Played
let clone: string
let told: { commit: string; digest: string }
let tools: string
const state = (): string => path.join(tools, 'releases.json')
const releases = (): any[] => JSON.parse(readFileSync(state(), 'utf8'))

let source: string
let pristine: string
const out = (): string => path.join(played.root, 'build/release')

beforeAll(async () => {
  played = playRepository()
  played.changeset('minor', 'Greets people.')
  source = played.merge('Say what the release brings')
  told = JSON.parse((await played.release('--dry-run')).stdout)
  pristine = path.join(played.root, 'build/pristine')
  cpSync(out(), pristine, { recursive: true })
})
afterAll(() => {
  played.end()
})

beforeEach(() => {
  rmSync(out(), { recursive: true, force: true })
  cpSync(pristine, out(), { recursive: true })
  played.git(
    'push',
    '-q',
    '--force',
    '--prune',
    'origin',
    `${source}:refs/heads/main`,
    '+refs/nothing/*:refs/tags/*',
  )
  // The job checks out afresh: nothing of the first job is there but what it handed on.
  clone = played.clone()
  tools = path.join(clone, '.git/tools')
  mkdirSync(tools)
  copyFileSync(path.join(import.meta.dirname, 'github-cli.mjs'), path.join(tools, 'gh'))
  chmodSync(path.join(tools, 'gh'), 0o755)
})

const publish = (verb: string, more: { digest?: string; dieAfter?: string } = {}): Promise<Ended> =>
  played.publish(
    clone,
    [
      verb,
      '--from',
      out(),
      '--digest',
      more.digest ?? told.digest,
      ...(verb === 'github' ? ['--repository', 'octo/clicks'] : []),
    ],
    {
      PATH: `${tools}${path.delimiter}${process.env.PATH}`,
      GITHUB_STATE: state(),
      ...(more.dieAfter === undefined ? {} : { DIE_AFTER: more.dieAfter }),
    },
  )

describe('publishing what was handed on', () => {
  it('pushes commit and tag, makes an immutable release of all files, then moves the major tag', async () => {
    expect(await publish('check')).toMatchObject({ code: 0, stdout: 'v0.1.0 is what was handed on\n' })
    expect(await publish('push')).toMatchObject({
      code: 0,
      stdout: `v0.1.0 is at ${told.commit.slice(0, 12)}, and main with it\n`,
    })
    expect(played.remoteRef('refs/tags/v0')).toBeUndefined()
    expect(await publish('github')).toMatchObject({
      code: 0,
      stdout: 'the release v0.1.0 is published with 4 files\n',
    })
    expect(releases()).toEqual([
      {
        tag_name: 'v0.1.0',
        draft: false,
        latest: true,
        body: expect.stringContaining('Greets people.'),
        assets: [
          'SHA256SUMS',
          'THIRD-PARTY-LICENSES.txt',
          'clickstream-actions-0.1.0.tar.gz',
          'sbom.cdx.json',
        ].map((name) => ({ name, digest: expect.stringMatching(/^sha256:/) })),
      },
    ])
    expect(await publish('move-major')).toMatchObject({ code: 0, stdout: 'v0 moved to v0.1.0\n' })
    expect(['refs/heads/main', 'refs/tags/v0.1.0', 'refs/tags/v0'].map(played.remoteRef)).toEqual([
      told.commit,
      told.commit,
      told.commit,
    ])
  })

  it.each(['create', 'upload', 'edit'])(
    'killed after gh release %s, the same command ends with the same release',
    async (dieAfter) => {
      await publish('push')
      expect((await publish('github', { dieAfter })).code).toBeNull()
      expect(await publish('github')).toMatchObject({ code: 0 })
      expect(releases()).toMatchObject([{ tag_name: 'v0.1.0', draft: false, assets: [{}, {}, {}, {}] }])
      expect(await publish('github')).toMatchObject({
        code: 0,
        stdout: 'the release v0.1.0 is published already, with the same files\n',
      })
    },
  )

  it('does nothing twice when the branch has moved on since', async () => {
    await publish('push')
    played.git('pull', '-q', '--ff-only', 'origin', 'main')
    played.write('README.md', 'later\n')
    const later = played.merge('Later work')
    played.git('reset', '-q', '--hard', source)
    expect(await publish('push')).toMatchObject({
      code: 0,
      stdout: `v0.1.0 is at ${told.commit.slice(0, 12)} already\n`,
    })
    expect(played.remoteRef('refs/heads/main')).toBe(later)
  })
})

describe('refusing', () => {
  it('what was changed on the way, whatever it is', async () => {
    appendFileSync(path.join(out(), 'assets/SHA256SUMS'), 'x')
    for (const verb of ['check', 'push', 'github', 'move-major'])
      expect(await publish(verb)).toMatchObject({
        code: 1,
        stdout: '',
        stderr: expect.stringContaining(`${told.digest} was handed on; something changed it on the way`),
      })
    expect(played.remoteRef('refs/tags/v0.1.0')).toBeUndefined()
  })

  it('a link among the files', async () => {
    symlinkSync('/etc/hostname', path.join(out(), 'assets/extra'))
    expect(await publish('push')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('extra is not a plain file'),
    })
  })

  it('a release or a major tag before the tag is there', async () => {
    expect(await publish('github')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('the tag is not at'),
    })
    expect(await publish('move-major')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('publish it first'),
    })
    expect(existsSync(state())).toBe(false)
  })

  it('a published release with other files', async () => {
    await publish('push')
    await publish('github')
    const [release] = releases()
    writeFileSync(
      state(),
      JSON.stringify([{ ...release, assets: [...release.assets, { name: 'zz-extra', digest: 'sha256:0' }] }]),
    )
    expect(await publish('github')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(
        'it has the files SHA256SUMS, THIRD-PARTY-LICENSES.txt, clickstream-actions-0.1.0.tar.gz, sbom.cdx.json, zz-extra instead of',
      ),
    })
    release.assets[0].digest = 'sha256:0'
    writeFileSync(state(), JSON.stringify([release]))
    expect(await publish('github')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('its SHA256SUMS is another file than the one handed on'),
    })
  })

  it('words it does not know', async () => {
    expect(await publish('erase')).toMatchObject({
      code: 1,
      stderr:
        'publish.mjs: one of check, push, github, move-major is needed, with --from and --digest (github: and --repository).\n',
    })
  })
})

it("imports nothing but Node's own modules, so that the job with privileges installs nothing", () => {
  const source = readFileSync(path.join(import.meta.dirname, '../../scripts/release/publish.mjs'), 'utf8')
  const imported = [...source.matchAll(/\b(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g)].map(([, name]) => name)
  expect(imported.length).toBeGreaterThan(3)
  expect(imported.filter((name) => !name?.startsWith('node:'))).toEqual([])
})
