/** Whose run it is: every event that belongs to a pull request says so, and no name of a branch does. */
import { expect, it } from '@jest/globals'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readEvent } from '../../../actions/_shared/runner/event.ts'

async function read(payload: unknown, environment: Record<string, string> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'event-'))
  try {
    const file = join(folder, 'event.json')
    await writeFile(file, typeof payload === 'string' ? payload : JSON.stringify(payload))
    return await readEvent({
      GITHUB_EVENT_PATH: file,
      GITHUB_REF: 'refs/heads/main',
      GITHUB_REPOSITORY: 'octo/clicks',
      ...environment,
    })
  } finally {
    await rm(folder, { recursive: true })
  }
}

const repository = { id: 5 }
const run = (event: string, pull_requests: unknown) => ({
  repository,
  workflow_run: { event, pull_requests },
})
const of = (number: number, id = 5) => ({ number, base: { repo: { id } } })

it.each<[string, unknown, number | undefined, boolean]>([
  ['pull_request', { pull_request: { number: 7 } }, 7, true],
  ['merge_group', { merge_group: { head_ref: 'refs/heads/gh-readonly-queue/rel/1/pr-7-0a1b' } }, 7, true],
  ['merge_group of a form nobody knows', { merge_group: { head_ref: 'refs/heads/x' } }, undefined, true],
  ['issue_comment of a request', { issue: { number: 7, pull_request: {} } }, 7, true],
  ['issue_comment of an issue', { issue: { number: 7 } }, undefined, false],
  ['workflow_run after a request', run('pull_request', [of(7)]), 7, true],
  ['workflow_run after two', run('pull_request', [of(7), of(8)]), undefined, true],
  ['workflow_run beside a request of another repository', run('pull_request', [of(7), of(1, 6)]), 7, true],
  ["workflow_run after a fork's request", run('pull_request', []), undefined, true],
  ['workflow_run after pull_request_target', run('pull_request_target', null), undefined, true],
  // GitHub lists requests whose head that branch is: develop pushed, develop to be merged into main.
  ['workflow_run after a push', run('push', [of(7)]), undefined, false],
  ['push', { head_commit: null }, undefined, false],
  ['push to a branch like a queue', { ref: 'refs/heads/gh-readonly-queue/main/pr-7-0a1b' }, undefined, false],
  ['a number that is none', { pull_request: { number: 'x' } }, undefined, true],
  ['no JSON', '{', undefined, false],
  ['null', null, undefined, false],
])('%s', async (_, payload, pullRequest, isOfPullRequest) => {
  expect(await read(payload)).toMatchObject({ pullRequest, isOfPullRequest })
})

it('a ref of a request is its own word; a payload that is missing is none', async () => {
  expect(await read({}, { GITHUB_REF: 'refs/pull/7/merge' })).toMatchObject({ pullRequest: 7 })
  expect(await readEvent({ GITHUB_REF: 'refs/heads/pull/7/merge' })).toEqual({
    name: '',
    isOfPullRequest: false,
    isFromFork: false,
  })
})

it.each([
  ['of a fork', { full_name: 'mallory/clicks' }, true],
  ['of a fork that is gone', null, true],
  ['of this repository', { full_name: 'octo/clicks' }, false],
])('a head %s', async (_, repo, isFromFork) => {
  expect(await read({ pull_request: { number: 7, head: { repo } } })).toMatchObject({ isFromFork })
})
