/**
 * The release verb, played on a local bare repository. Its crashes and older lines are in
 * release.deep.test.ts.
 */
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import path from 'node:path'
import { ACTION, contentOf, firstRelease, playRepository, type Played } from './played-repository.ts'

// Several releases are played one after another; on a busy machine each takes its time.
jest.setTimeout(240_000)

let played: Played
beforeEach(() => {
  played = playRepository()
})
afterEach(() => {
  played.end()
})

describe('releasing', () => {
  it('publishes the first release: version, CHANGELOG, immutable tag and major tag on one commit', async () => {
    const commit = await firstRelease(played)
    expect(commit).toMatch(/^[0-9a-f]{40}$/)
    expect([played.remoteRef('refs/heads/main'), played.remoteRef('refs/tags/v0')]).toEqual([commit, commit])
    expect(played.onRemote('v0.1.0', 'CHANGELOG.md')).toBe(
      '# clickstream-actions\n\n## 0.1.0\n\n### Minor Changes\n\n- Greets people.',
    )
    expect(JSON.parse(played.onRemote('v0.1.0', 'package.json')).version).toBe('0.1.0')
    expect(JSON.parse(played.onRemote('v0.1.0', 'package-lock.json'))).toMatchObject({
      version: '0.1.0',
      packages: { '': { version: '0.1.0' } },
    })
    expect(played.git('ls-tree', '-r', '--name-only', commit, '.changeset')).toBe(
      '.changeset/changelog.mjs\n.changeset/config.json',
    )
    expect(played.git('log', '-1', '--format=%s', commit)).toBe('Release v0.1.0')
  })

  it('releases a patch and moves the major tag, never the version tag', async () => {
    const first = await firstRelease(played)
    played.write('actions/hello/src/index.js', 'process.exitCode = 2\n')
    played.write('dist/hello/index.js', '// built\nprocess.exitCode = 2\n')
    played.changeset('patch', 'Greets with another exit code.')
    played.merge('Another exit code')
    expect(await played.release()).toMatchObject({
      code: 0,
      stderr: expect.stringContaining(
        'Inputs, outputs, defaults, schemas and permissions are those of v0.1.0.',
      ),
    })
    const second = played.remoteRef('refs/tags/v0.1.1')
    expect(second).not.toBe(first)
    expect([played.remoteRef('refs/tags/v0.1.0'), played.remoteRef('refs/tags/v0')]).toEqual([first, second])
    expect(played.onRemote('v0.1.1', 'CHANGELOG.md')).toContain(
      '## 0.1.1\n\n### Patch Changes\n\n- Greets with another exit code.\n\n## 0.1.0',
    )
  })

  it('refuses a removed output as minor with one sentence, and releases it as major, leaving the old major where it is', async () => {
    const first = await firstRelease(played)
    played.write('actions/hello/action.yml', ACTION.replace(/outputs:[^]*?runs:/, 'runs:'))
    played.changeset('minor', 'Puts nothing out.')
    played.merge('No output')
    expect(await played.release()).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining(
        'Comparing the interface with v0.1.0: action hello: output `greeting` was removed; that needs a major release, the changesets say minor.\nUndo the change, or say major in a changeset and tell users what to do (npm run changeset).\n',
      ),
    })
    expect(played.remoteRef('refs/tags/v0.2.0')).toBeUndefined()
    played.changeset('major', 'The output `greeting` is gone: read the log.')
    played.merge('Say that it breaks')
    const { code, stderr } = await played.release()
    expect({ code, stderr }).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('| action hello: output `greeting` | removed | major |'),
    })
    expect(played.remoteRef('refs/tags/v0')).toBe(first)
    expect(played.remoteRef('refs/tags/v1')).toBe(played.remoteRef('refs/tags/v1.0.0'))
  })
})

describe('refusing', () => {
  const refusals: [string, () => void, string][] = [
    ['nothing to say to users', () => {}, 'Reading the changesets: there is none in .changeset/'],
    [
      'a changeset that bumps nothing',
      () => {
        played.write('.changeset/empty.md', '---\n---\n\nNothing.\n')
        played.merge('Nothing')
      },
      'they name no bump',
    ],
    [
      'a changeset that cannot be read',
      () => {
        played.write('.changeset/broken.md', 'no front matter\n')
        played.merge('Broken')
      },
      'Reading the changesets: ',
    ],
    [
      'a dirty checkout',
      () => {
        played.changeset('minor', 'Not committed.')
      },
      'Looking at the checkout: 1 file is not committed (.changeset/',
    ],
    [
      'a dist/ that its sources do not build',
      () => {
        played.write('dist/hello/index.js', '// built\nfetch("https://evil.invalid")\n')
        played.changeset('minor', 'x')
        played.merge('Tampered')
      },
      'dist/hello/index.js is not what actions/ builds\nRebuilding dist/: it is not what the sources and the lock file build',
    ],
    [
      'a forbidden licence',
      () => {
        played.write('dist/hello/licenses.txt', 'small-thing 1.2.3 (AGPL-3.0-only)\n\nShare.\n')
        played.changeset('minor', 'x')
        played.merge('Licence')
      },
      'small-thing 1.2.3 in dist/hello/index.js has the licence AGPL-3.0-only',
    ],
    [
      'a bundle without licences',
      () => {
        played.remove('dist/hello/licenses.txt')
        played.changeset('minor', 'x')
        played.merge('No licences')
      },
      'dist/hello/index.js has no licenses.txt beside it',
    ],
    [
      'a bundled package the lock file does not hold',
      () => {
        played.write('dist/hello/licenses.txt', 'other-thing 6.6.6 (MIT)\n\nFree.\n')
        played.changeset('minor', 'x')
        played.merge('Smuggled')
      },
      'the bundles contain other-thing@6.6.6, which package-lock.json does not hold',
    ],
    [
      'a tag of that version elsewhere',
      () => {
        played.git('push', '-q', 'origin', 'HEAD:refs/tags/v0.1.0')
        played.changeset('minor', 'x')
        played.merge('Taken')
      },
      'has this tag already, at',
    ],
    [
      'a branch that moved on (no fast-forward)',
      () => {
        played.changeset('minor', 'x')
        played.merge('One')
        played.git('commit', '-q', '--allow-empty', '-m', 'Two')
        played.git('push', '-q', 'origin', 'HEAD:refs/heads/main')
        played.git('reset', '-q', '--hard', 'HEAD^')
      },
      'that would not be a fast-forward',
    ],
    [
      'a branch whose rules refuse the push',
      () => {
        played.changeset('minor', 'x')
        played.merge('One')
        played.refusePushes('GH013: Repository rule violations found')
      },
      'Nothing was published. If a rule of origin refused it, docs/releasing.md says which settings a release needs',
    ],
    [
      'a version whose tag is not here',
      () => {
        played.write('package.json', contentOf(played.root, 'package.json').replace('0.0.0', '3.2.1'))
        played.changeset('patch', 'x')
        played.merge('Version by hand')
      },
      'package.json says 3.2.1, but this clone has no tag v3.2.1',
    ],
    [
      'a release commit made by hand',
      () => {
        played.changeset('minor', 'x')
        played.merge('One')
        played.git('commit', '-q', '--allow-empty', '-m', 'Release v0.1.0')
      },
      'a release commit is made by npm run release alone',
    ],
  ]

  it.each(refusals)('%s, and the remote stays as it was', async (_name, prepare, sentence) => {
    prepare()
    const before = played.git('ls-remote', 'origin')
    const { code, stdout, stderr } = await played.release()
    expect({ code, stdout, stderr }).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining(sentence),
    })
    expect(stderr).not.toMatch(/^\s+at /m)
    expect(played.git('ls-remote', 'origin')).toBe(before)
  })

  it('options it does not know, and values git would read as options', async () => {
    expect(await played.release('--force')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('there is no option --force; usage: npm run release'),
    })
    expect(await played.release('--remote', '--upload-pack=evil')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('--remote needs a value'),
    })
  })
})

describe('a dry run', () => {
  it('hands on everything by one digest, the same on another clone, and changes neither checkout nor remote', async () => {
    played.changeset('minor', 'Greets people.')
    played.merge('Say what the release brings')
    const before = played.git('ls-remote', 'origin')
    const { code, stdout } = await played.release('--dry-run')
    const told = JSON.parse(stdout) as { version: string; tag: string; commit: string; digest: string }
    expect({ code, told }).toEqual({
      code: 0,
      told: {
        version: '0.1.0',
        tag: 'v0.1.0',
        commit: expect.stringMatching(/^[0-9a-f]{40}$/),
        digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    })
    expect([played.git('ls-remote', 'origin'), played.git('status', '--porcelain')]).toEqual([before, ''])
    const out = path.join(played.root, 'build/release')
    const sums = contentOf(out, 'assets/SHA256SUMS')
    expect(sums.split('\n').map((line) => line.slice(66))).toEqual([
      'clickstream-actions-0.1.0.tar.gz',
      'sbom.cdx.json',
      'THIRD-PARTY-LICENSES.txt',
      'dist/hello/index.js',
      'dist/hello/licenses.txt',
      '',
    ])
    execFileSync(
      'sha256sum',
      ['--check', '--status', '--ignore-missing', path.join(out, 'assets/SHA256SUMS')],
      { cwd: path.join(out, 'assets') },
    )
    execFileSync(
      'sha256sum',
      ['--check', '--status', '--ignore-missing', path.join(out, 'assets/SHA256SUMS')],
      { cwd: played.root },
    )
    expect(JSON.parse(contentOf(out, 'assets/sbom.cdx.json'))).toMatchObject({
      bomFormat: 'CycloneDX',
      metadata: { component: { name: 'clickstream-actions', version: '0.1.0' } },
      components: [
        {
          name: 'small-thing',
          version: '1.2.3',
          purl: 'pkg:npm/small-thing@1.2.3',
          scope: 'required',
          hashes: [{ alg: 'SHA-512' }],
        },
      ],
      dependencies: [
        { ref: 'clickstream-actions@0.1.0', dependsOn: ['small-thing@1.2.3'] },
        { ref: 'small-thing@1.2.3' },
      ],
    })
    expect(contentOf(out, 'notes.md')).toContain(
      `- uses: octo/clicks/actions/NAME@${told.commit} # v0.1.0\n\`\`\`\n\nHow to verify what you pinned: [SECURITY.md](https://github.com/octo/clicks/blob/v0.1.0/SECURITY.md).`,
    )
    const packed = execFileSync('tar', ['-tzf', path.join(out, 'assets/clickstream-actions-0.1.0.tar.gz')], {
      encoding: 'utf8',
    }).split('\n')
    expect(packed).toContain('clickstream-actions-0.1.0/dist/hello/index.js')
    expect(packed.filter((file) => file.includes('/test/'))).toEqual([])
    const again = await played.release('--dry-run', '--root', played.clone())
    expect(JSON.parse(again.stdout)).toMatchObject({ commit: told.commit })
  })

  it('judges the interface alone with --interface, before anything is built', async () => {
    await firstRelease(played)
    played.write('actions/hello/action.yml', ACTION.replace("default: 'false'", "default: 'true'"))
    played.write('dist/hello/index.js', 'stale\n')
    played.changeset('patch', 'Shouts.')
    played.merge('Shout')
    expect(await played.release('--interface')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('this clone has no tag v0.1.0; fetch the tags'),
    })
    played.git('fetch', '-q', '--tags', 'origin')
    expect(await played.release('--interface')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(
        'action hello: input `loud` default `false` became `true`; that needs a major release, the changesets say patch.',
      ),
    })
    played.git('rm', '-q', '-f', played.git('ls-files', '.changeset/*.md'))
    played.merge('Forget to say so')
    expect(await played.release('--interface')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(
        'that needs a major release, and there is no changeset.\nUndo the change, or say major in a changeset',
      ),
    })
    played.write('actions/hello/action.yml', ACTION)
    played.merge('Take it back')
    expect(await played.release('--interface')).toMatchObject({
      code: 0,
      stderr: 'Inputs, outputs, defaults, schemas and permissions are those of v0.1.0.\n',
    })
  })
})
