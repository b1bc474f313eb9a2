/** A release that is killed, and its repetition; a release of an older line. */
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { firstRelease, playRepository, type Played } from './played-repository.ts'

// A killed release is played five times over; on a busy machine each takes its time.
jest.setTimeout(240_000)

let played: Played
beforeEach(() => {
  played = playRepository()
})
afterEach(() => {
  played.end()
})

describe('releasing', () => {
  it.each([
    ['before the remote took anything', 'before', [undefined, undefined]],
    ['between commit with tag and the major tag', 'after', ['tag', undefined]],
  ] as const)('killed %s, the same command finishes the same release', async (_when, moment, left) => {
    played.changeset('minor', 'Greets people.')
    played.merge('Say what the release brings')
    const planned = JSON.parse((await played.release('--dry-run')).stdout) as { commit: string }
    played.killAt('refs/tags/v0.1.0', moment)
    expect((await played.release()).code).toBeNull()
    expect(
      [played.remoteRef('refs/tags/v0.1.0'), played.remoteRef('refs/tags/v0')].map((commit) =>
        commit === planned.commit ? 'tag' : commit,
      ),
    ).toEqual(left)
    played.heal()
    expect(await played.release()).toMatchObject({ code: 0 })
    const expected = [planned.commit, planned.commit, planned.commit]
    const refs = (): (string | undefined)[] =>
      ['refs/heads/main', 'refs/tags/v0.1.0', 'refs/tags/v0'].map(played.remoteRef)
    expect(refs()).toEqual(expected)
    expect(await played.release()).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('v0 is at v0.1.0 already'),
    })
    played.git('pull', '-q', '--ff-only', 'origin', 'main')
    expect(await played.release()).toMatchObject({ code: 0, stderr: expect.stringContaining('v0.1.0 is at') })
    expect(refs()).toEqual(expected)
  })

  it('an older line gets its patch without pulling the major tag back', async () => {
    const first = await firstRelease(played)
    played.changeset('minor', 'More.')
    played.merge('More')
    expect(await played.release()).toMatchObject({ code: 0 })
    const newest = played.remoteRef('refs/tags/v0')
    played.git('checkout', '-q', '-b', 'v0.1', first)
    played.changeset('patch', 'A repair of the old line.')
    played.git('add', '-A')
    played.git('commit', '-q', '-m', 'A repair')
    played.git('push', '-q', 'origin', 'HEAD:refs/heads/v0.1')
    expect(await played.release('--branch', 'v0.1')).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('v0 stays: v0.2.0 is newer than v0.1.1'),
    })
    expect([played.remoteRef('refs/tags/v0'), played.remoteRef('refs/tags/v0.1.1')]).toEqual([
      newest,
      played.remoteRef('refs/heads/v0.1'),
    ])
  })
})
