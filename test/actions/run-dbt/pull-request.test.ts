/** What of a pull request never reaches production: its build, its state. */
import { describe, expect, it } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readWholeCommit } from '../../../actions/_shared/commit.ts'
import type { Google } from '../../../actions/_shared/google/connect.ts'
import type { Runner } from '../../../actions/_shared/run.ts'
import type { RunContext } from '../../../actions/_shared/runner/context.ts'
import { execute } from '../../../actions/_shared/runner/exec.ts'
import { createInputs } from '../../../actions/_shared/runner/inputs.ts'
import { parseInputs } from '../../../actions/run-dbt/src/inputs.ts'
import { observe } from '../../../actions/run-dbt/src/observe.ts'
import { datasetsToCreate } from '../../../actions/run-dbt/src/pull-request.ts'
import { roleOf } from '../../../actions/run-dbt/src/state.ts'
import { thrownBy } from '../../support/thrown.ts'

const context = { workspace: '/w', ref: 'refs/heads/main', sha: 'a'.repeat(40) } as RunContext
const parse = (over: Record<string, string> = {}) => {
  const values: Record<string, string> = {
    commands: 'build',
    dataset: 'analytics',
    location: 'EU',
    'schema-per-pull-request': 'true',
    ...over,
  }
  return parseInputs(
    createInputs((name) => values[name] ?? ''),
    context,
  )
}
/** No look at Google may come before the refusal. */
const google = {} as Google
async function refusal(name: string, ref: string, payload: unknown, over: Record<string, string> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'event-'))
  const file = join(folder, 'event.json')
  await writeFile(file, JSON.stringify(payload))
  const environment = { GITHUB_EVENT_NAME: name, GITHUB_EVENT_PATH: file, GITHUB_REF: ref }
  const runner = { environment, context: { ...context, ref } } as unknown as Runner
  try {
    return await observe(parse(over), google, runner).catch((error: unknown) => error)
  } finally {
    await rm(folder, { recursive: true })
  }
}

describe('schema-per-pull-request', () => {
  it.each([
    ['a branch', 'push', 'refs/heads/feature', {}, {}, 'is neither of a pull request nor of main'],
    ['a tag', 'release', 'refs/tags/v1', {}, {}, 'is neither of a pull request nor of main'],
    [
      "a merge queue's push",
      'push',
      'refs/heads/gh-readonly-queue/main/pr-7-0a1b',
      {},
      {},
      'is neither of a pull request nor of main',
    ],
    [
      'main where another branch is production',
      'push',
      'refs/heads/main',
      {},
      { 'state-branch': 'live' },
      'nor of live',
    ],
    [
      "the run after a fork's request",
      'workflow_run',
      'refs/heads/main',
      { workflow_run: { event: 'pull_request', pull_requests: [] } },
      {},
      'does not say which pull request it is of',
    ],
  ])('builds nothing of %s into the dataset itself', async (_, event, ref, payload, over, words) => {
    expect(await refusal(event, ref, payload, over)).toMatchObject({
      code: 'INPUT',
      message: expect.stringMatching(
        new RegExp(
          `^Reading input schema-per-pull-request: .*${event}, ${ref}.* ${words}, .*give pull-request`,
        ),
      ),
    })
  })
  it('asks no more of the branch itself', async () => {
    expect(await refusal('push', 'refs/heads/main', {})).not.toMatchObject({
      message: expect.stringContaining('schema-per-pull-request'),
    })
  })
})

it('a model is put on no access list but those of the pull request', () => {
  const placed = (dataset: string, project = 'p') => [
    { name: 'm', projectId: 'p', datasetId: 'd_pr_7', grants: [{ project, dataset }] },
  ]
  const plan = (of: ReturnType<typeof placed>) => datasetsToCreate(of, 'd_pr_7', 'p', [], {})
  expect(plan(placed('d_pr_7_marts'))).toEqual(['d_pr_7'])
  for (const stray of [placed('raw'), placed('d_pr_7', 'other')])
    expect(thrownBy(() => plan(stray))).toMatchObject({
      code: 'REFUSED',
      problem: 'dbt-foreign-dataset',
      message: expect.stringContaining('grant_access_to of m would put it on the access list of'),
    })
})

describe('the state', () => {
  const main = { ref: 'refs/heads/main', sha: 'a'.repeat(40) }
  const push = { number: undefined, isOfPullRequest: false }
  it.each([
    ['saved by the branch', push, main, 'a'.repeat(40), 'save'],
    ['saved where git is not there to ask', push, main, undefined, 'save'],
    ['compared with by a request', { number: 7, isOfPullRequest: true }, main, 'b'.repeat(40), 'compare'],
    ['left by another branch', push, { ...main, ref: 'refs/heads/x' }, 'a'.repeat(40), 'none'],
    ["left by a run on main's ref of other sources", push, main, 'b'.repeat(40), 'none'],
    [
      'left by a run of some request',
      { number: undefined, isOfPullRequest: true },
      main,
      'a'.repeat(40),
      'none',
    ],
  ])('is %s', (_, event, at, checkedOut, role) => {
    expect(roleOf(event, at, 'main', checkedOut)).toMatchObject({
      role,
      ...(role === 'none' ? { why: expect.any(String) } : {}),
    })
  })
  it('is of the commit of the whole checkout, also of a project in a submodule', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sub-'))
    const git = (cwd: string, ...args: string[]): string =>
      execFileSync(
        'git',
        ['-c', 'user.name=a', '-c', 'user.email=a@example.com', '-c', 'protocol.file.allow=always', ...args],
        { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
      ).trim()
    const make = async (name: string): Promise<string> => {
      const at = join(folder, name)
      await mkdir(at)
      git(at, 'init', '--quiet')
      git(at, 'commit', '--quiet', '--allow-empty', '-m', name)
      return at
    }
    const runner: Pick<Runner, 'execute'> = {
      execute: (program, args, options) => execute(program, args, () => undefined, options),
    }
    try {
      const [project, whole] = [await make('project'), await make('whole')]
      git(whole, 'submodule', '--quiet', 'add', project, 'dbt')
      git(whole, 'commit', '--quiet', '-m', 'more')
      const head = git(whole, 'rev-parse', 'HEAD')
      expect(await readWholeCommit(join(whole, 'dbt'), runner)).toBe(head)
      expect(await readWholeCommit(whole, runner)).toBe(head)
      expect(await readWholeCommit(folder, runner)).toBeUndefined()
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
