/** Release candidates, played on a bare repository: rc.1, rc.2, then the version itself. */
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals'
import { playRepository, type Played } from './played-repository.ts'

jest.setTimeout(180_000)
let played: Played
beforeEach(() => {
  played = playRepository()
})
afterEach(() => {
  played.end()
})

const pre = (mode: 'pre' | 'exit'): string => `${JSON.stringify({ mode, tag: 'rc' }, null, 2)}\n`
const manifestOf = (tag: string): any => JSON.parse(played.onRemote(tag, 'package.json'))

it('counts candidates from 1, tells each change once, and moves the major tag only with the version itself', async () => {
  played.write('.changeset/pre.json', pre('pre'))
  played.changeset('major', 'Greets people.')
  played.merge('Candidates begin')
  const first = await played.release('--remote', 'origin')
  expect([first.code, first.stderr]).toEqual([
    0,
    expect.stringContaining('v1 stays: v1.0.0-rc.1 is a candidate'),
  ])
  expect(manifestOf('v1.0.0-rc.1').version).toBe('1.0.0-rc.1')
  expect(played.onRemote('v1.0.0-rc.1', 'CHANGELOG.md')).toContain(
    '## 1.0.0-rc.1\n\n### Major Changes\n\n- Greets people.',
  )
  expect(played.remoteRef('refs/tags/v1')).toBeUndefined()

  // The same command again finds everything done.
  const again = await played.release('--remote', 'origin')
  expect(again.code).toBe(0)

  const none = await (played.git('pull', '--quiet', 'origin', 'main'), played.release('--dry-run'))
  expect([none.code, none.stderr]).toEqual([0, expect.stringContaining('v1.0.0-rc.1')])

  played.changeset('patch', 'Shouts less.')
  played.merge('Shout less')
  const second = await played.release('--remote', 'origin')
  expect(second.code).toBe(0)
  const changes = played.onRemote('v1.0.0-rc.2', 'CHANGELOG.md')
  expect(changes.slice(0, changes.indexOf('## 1.0.0-rc.1'))).toBe(
    '# clickstream-actions\n\n## 1.0.0-rc.2\n\n### Patch Changes\n\n- Shouts less.\n\n',
  )

  played.git('pull', '--quiet', 'origin', 'main')
  played.write('.changeset/pre.json', pre('exit'))
  played.merge('Candidates end')
  const last = await played.release('--remote', 'origin')
  expect([last.code, last.stderr]).toEqual([0, expect.stringContaining('v1 moved to v1.0.0')])
  expect(manifestOf('v1.0.0').version).toBe('1.0.0')
  expect(
    played.git('ls-tree', '-r', '--name-only', played.remoteRef('refs/tags/v1.0.0')!, '.changeset'),
  ).toBe('.changeset/changelog.mjs\n.changeset/config.json')
})
