/** Comments of others for the same environment: of another workflow, of another job of the run, of another token. */
import { describe, expect, it } from '@jest/globals'
import { createInputs } from '../../../actions/_shared/runner/inputs.ts'
import type { RunContext } from '../../../actions/_shared/runner/context.ts'
import { translate, type Comment, type GitHub } from '../../../actions/_shared/runner/pull-request.ts'
import type { Runner } from '../../../actions/_shared/run.ts'
import { apply } from '../../../actions/comment-plan/src/apply.ts'
import { parseInputs } from '../../../actions/comment-plan/src/inputs.ts'
import { observe } from '../../../actions/comment-plan/src/observe.ts'
import { planComment } from '../../../actions/comment-plan/src/plan.ts'
import { report } from '../../../actions/comment-plan/src/report.ts'
import { thrownBy } from '../../support/thrown.ts'

const DIGESTS: Readonly<Record<string, string>> = {
  views: 'aa'.repeat(32),
  dbt: 'bb'.repeat(32),
  other: 'cc'.repeat(32),
}
const planned = (digest: string) => ({
  ...{ schemaVersion: 1, action: 'publish-views', target: { project: 'shop' }, owner: 'octo/shop' },
  steps: [{ kind: 'create', target: 'shop.a', reason: 'new', state: 'planned' }],
  ...{ counts: { create: 1 }, digest },
})
function openPullRequest(writer = 'github-actions[bot]') {
  const kept: Comment[] = []
  const github = {
    event: { pullRequest: 7, isFromFork: false, isPush: false },
    login: () => Promise.resolve(undefined),
    comments: () => Promise.resolve([...kept]),
    create: (_number: number, body: string) => {
      kept.push({ id: kept.length + 1, author: writer, body, url: `#${kept.length + 1}` })
      return Promise.resolve(kept.at(-1)!)
    },
    update: (id: number, body: string) => {
      const at = kept.findIndex((comment) => comment.id === id)
      kept[at] = { ...kept[at]!, body }
      return Promise.resolve(kept[at])
    },
    remove: (id: number) => {
      kept.splice(
        kept.findIndex((comment) => comment.id === id),
        1,
      )
      return Promise.resolve()
    },
    isForbidden: () => false,
  } as unknown as GitHub
  const run = async (names: readonly string[], more: Readonly<Record<string, string>> = {}, runId = '1') => {
    const values: Record<string, string> = {
      environment: 'dev',
      'github-token': 't',
      ...(more.read === 'true'
        ? {}
        : {
            plans: JSON.stringify(
              Object.fromEntries(names.map((name) => [name, planned(more[name] ?? DIGESTS[name]!)])),
            ),
          }),
      ...more,
    }
    const inputs = parseInputs(
      createInputs((name) => values[name] ?? ''),
      { repository: 'octo/shop', runId, runAttempt: '1', sha: '0'.repeat(40), runUrl: '' } as RunContext,
    )
    const plan = planComment(inputs, await observe(inputs, github))
    const runner = {
      cancelled: new AbortController().signal,
      log: { info: () => undefined },
    } as unknown as Runner
    const outcome = inputs.isReading
      ? { isApplied: false as const, done: [] as never[], failure: plan.refusal }
      : await apply(plan, inputs, await observe(inputs, github), github, runner)
    return report(plan, outcome, inputs)
  }
  return { kept, run }
}
const warnings = ({ annotations = [] }: ReturnType<typeof report>) =>
  annotations.flatMap(({ kind, message }) => (kind === 'warning' ? [message] : []))

describe('two workflows with one environment', () => {
  it('have a comment each, and keep it', async () => {
    const { kept, run } = openPullRequest()
    await run(['views'], {}, '1')
    await run(['dbt'], {}, '2')
    expect(kept).toHaveLength(2)
    const again = await run(['views'], { views: DIGESTS.other! }, '1')
    expect([again.outputs?.comment, kept.length]).toEqual(['updated', 2])
    expect(kept[1]!.body).toContain(DIGESTS.dbt)
  })

  it('are read together, the newer plan of a name, and what is required and missing stops the job', async () => {
    const { run } = openPullRequest()
    await run(['views'], {}, '1')
    await run(['dbt'], {}, '2')
    const read = await run([], { read: 'true', 'required-plans': 'views, dbt' })
    expect(JSON.parse(String(read.outputs?.digests))).toEqual({ views: DIGESTS.views, dbt: DIGESTS.dbt })
    const missing = await run([], { read: 'true', 'required-plans': 'views, tables' })
    expect(missing.outputs?.digests).toBe('')
    expect(missing.failure).toMatchObject({
      message: expect.stringContaining('pull request 7 has no plan named tables for dev'),
    })
    expect(
      thrownBy(() =>
        parseInputs(
          createInputs((name) => (name === 'required-plans' ? 'a' : '')),
          {} as RunContext,
        ),
      ),
    ).toMatchObject({
      message: expect.stringContaining('set read as well'),
    })
  })
})

it('two jobs of one run that plan the same name for one environment are told so', async () => {
  const { run } = openPullRequest()
  expect(warnings(await run(['views']))).toEqual([])
  expect(warnings(await run(['views']))).toEqual([])
  expect(warnings(await run(['views'], { views: DIGESTS.other! }))).toEqual([
    expect.stringContaining('give each job an environment of its own'),
  ])
  expect(warnings(await run(['views'], {}, '2'))).toEqual([])
})

it('a token whose comments would not be found again is named', async () => {
  expect(warnings(await openPullRequest('shop-app[bot]').run(['views']))).toEqual([
    expect.stringContaining("set author: 'shop-app[bot]'"),
  ])
  expect(
    warnings(await openPullRequest('shop-app[bot]').run(['views'], { author: 'shop-app[bot]' })),
  ).toEqual([])
})

it('a locked conversation is not told as a missing permission', () => {
  const refused = (message: string) =>
    translate('Creating the comment', {
      status: 403,
      response: { status: 403, headers: {}, data: { message } },
    })
  expect(refused('Unable to create comment because issue is locked.')).toMatchObject({
    hint: expect.stringContaining('unlock it'),
    problem: 'github-api',
  })
  expect(refused('Resource not accessible by integration')).toMatchObject({ problem: 'comment-permission' })
})
