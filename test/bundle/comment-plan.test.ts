/** comment-plan as a job runs it, against the local GitHub over HTTP. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  startIssuesApi,
  type IssuesApi,
  type IssuesOptions,
  type TokenRights,
} from '../../local/github/issues-api.ts'
import { openProxy } from '../support/proxy.ts'
import { errorsOf, runBundle, type RunResult } from '../support/runner.ts'

const BOT = 'github-actions[bot]'
const SHA = '0123456789abcdef0123456789abcdef01234567'
const TOKENS: Readonly<Record<string, TokenRights>> = {
  'ghs-job': { login: BOT, mayAskWho: false, mayWrite: true },
  'ghs-reading': { login: BOT, mayAskWho: false, mayWrite: false },
  'ghp-person': { login: 'octocat', mayAskWho: true, mayWrite: true },
}
const step = (kind: string, target: string, more: object = {}) => ({
  kind,
  target,
  reason: 'because',
  state: 'planned',
  ...more,
})
const planOf = (steps: readonly object[], more: object = {}) => ({
  schemaVersion: 1,
  action: 'publish-views',
  target: { project: 'shop-dev', location: 'EU' },
  owner: 'octo/shop',
  steps,
  counts: Object.fromEntries(
    [...new Set((steps as { kind: string }[]).map(({ kind }) => kind))].map((kind) => [
      kind,
      (steps as { kind: string }[]).filter((one) => one.kind === kind).length,
    ]),
  ),
  digest: 'ab'.repeat(32),
  ...more,
})
interface Told {
  readonly steps: readonly object[]
  readonly outcome: string
  readonly refusal?: string
}
const VIEWS = planOf([step('create', 'shop.a'), step('delete', 'shop.b'), step('keep', 'shop.c')])

let github: IssuesApi
let scratch: string
let intercept: NonNullable<IssuesOptions['intercept']> | undefined
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'comment plan '))
  intercept = undefined
  github = await startIssuesApi({
    rightsOf: (token) => TOKENS[token],
    intercept: (...both) => intercept?.(...both) ?? false,
  })
})
afterEach(async () => {
  await github.close()
  await rm(scratch, { recursive: true, force: true })
})

interface Run {
  readonly plans?: unknown
  readonly with?: Readonly<Record<string, string>>
  readonly event?: object
  readonly runId?: string
  readonly env?: Readonly<Record<string, string>>
}
async function comment({
  plans = { views: VIEWS },
  with: given = {},
  event = { pull_request: { number: 7 } },
  runId = '4711',
  env = {},
}: Run = {}): Promise<RunResult> {
  const eventPath = join(scratch, 'event.json')
  await writeFile(eventPath, JSON.stringify(event))
  return await runBundle('comment-plan', {
    with: {
      plans: typeof plans === 'string' ? plans : JSON.stringify(plans),
      environment: 'dev',
      'github-token': 'ghs-job',
      ...given,
    },
    env: { GITHUB_API_URL: github.url, GITHUB_EVENT_PATH: eventPath, GITHUB_RUN_ID: runId, ...env },
  })
}
const bodies = () => github.comments().map(({ body }) => body)

describe('what was reviewed', () => {
  const push = { ref: 'refs/heads/main', after: 'c'.repeat(40) }
  const read = (event: object = push, more: Readonly<Record<string, string>> = {}) =>
    comment({ plans: '', with: { read: 'true', ...more }, event, env: { GITHUB_EVENT_NAME: 'push' } })
  const DEPLOYED = {
    outputs: {
      plan: JSON.stringify(
        planOf([step('create', 'shop.a', { state: 'done' })], { digest: 'cd'.repeat(32) }),
      ),
    },
    outcome: 'success',
  }
  beforeEach(() => github.bring({ repository: 'octo/clicks', number: 7, mergeCommit: SHA }))

  it('is read after the merge, and stays what it was when a deployment wrote its result', async () => {
    await comment()
    const first = await read()
    expect([first.exitCode, first.outputs['pull-request'], first.outputs.comment]).toEqual([
      0,
      '7',
      'skipped',
    ])
    expect(JSON.parse(first.outputs.digests!)).toEqual({ views: VIEWS.digest })
    const result = await comment({
      plans: {
        views: DEPLOYED,
        dags: { outputs: {}, outcome: 'failure' },
        data: { outputs: { plan: null }, outcome: 'skipped' },
      },
      event: push,
      env: { GITHUB_EVENT_NAME: 'push' },
      runId: '4712',
    })
    expect([result.exitCode, result.outputs.comment]).toEqual([0, 'updated'])
    expect(bodies()[0]).toMatch(/Partly applied to dev[\s\S]*failed before its plan[\s\S]*not reached/)
    expect((await read()).outputs.digests).toBe(first.outputs.digests)
  })

  it.each([
    ['pull request 7 has no plan for dev', push, {}, SHA],
    ['pull request 7 has no plan for prod', push, { environment: 'prod' }, SHA],
    ['this commit came by no pull request', push, {}, 'd'.repeat(40)],
    ['there is no token to read with', push, { 'github-token': ' ' }, SHA],
  ])('is missed by name: %s', async (what, event, more, mergeCommit) => {
    await github.bring({ repository: 'octo/clicks', number: 7, mergeCommit })
    if (what.endsWith('prod')) await comment()
    const missing = await read(event, more)
    expect([missing.exitCode, missing.outputs.digests]).toEqual([1, ''])
    expect(errorsOf(missing)).toEqual([
      expect.stringContaining(`Reading the reviewed plan: ${what}; make a plan`),
    ])
    expect(errorsOf(missing)[0]).toMatch(/#no-reviewed-plan$/)
  })

  it('is not what a refused deployment found: a second try does not take it for reviewed', async () => {
    await comment()
    const refused = {
      outputs: { plan: JSON.stringify({ ...VIEWS, digest: 'ef'.repeat(32) }) },
      outcome: 'failure',
    }
    await comment({ plans: { views: refused }, runId: '4712' })
    expect(bodies()[0]).toContain('ef'.repeat(32))
    expect(JSON.parse((await read()).outputs.digests!)).toEqual({ views: VIEWS.digest })
  })

  it.each([
    ['nothing to do', { steps: [step('keep', 'a')], outcome: 'success' }],
    ['nothing to do, then failed', { steps: [step('keep', 'a')], outcome: 'failure' }],
    ['would be refused', { steps: [step('create', 'a'), step('conflict', 'b')], outcome: 'success' }],
    ['would be refused', { steps: [step('delete', 'a')], outcome: 'success', refusal: 'too much' }],
    ['refused', { steps: [step('delete', 'a')], outcome: 'failure', refusal: 'too much' }],
    ['refused', { steps: [step('create', 'a')], outcome: 'failure' }],
    ['done', { steps: [step('create', 'a', { state: 'done' }), step('keep', 'b')], outcome: 'success' }],
    ['done, then failed', { steps: [step('create', 'a', { state: 'done' })], outcome: 'failure' }],
  ])('is told as %s', async (state, { steps, outcome, refusal }: Told) => {
    const plan = planOf(steps, refusal === undefined ? {} : { refusal })
    await comment({ plans: { dags: { outputs: { plan: JSON.stringify(plan) }, outcome } } })
    expect(bodies()[0]).toContain(`<td>${state}</td></tr>`)
    expect(bodies()[0]).toContain(refusal ?? '')
  })

  it('shows once why it would be refused, as text, beside more steps than there is room for', async () => {
    const refusal = 'Planning: 12 of 12 @octocat files </pre> [x](http://evil.example) would be deleted.'
    const many = Array.from({ length: 700 }, (_, n) =>
      step('delete', `dags/${n}.py`, { reason: 'gone '.repeat(18) }),
    )
    await comment({ plans: { dags: planOf(many, { refusal }) } })
    const [body = ''] = bodies()
    expect(body.match(/12 of 12/g)).toHaveLength(1)
    expect(body).not.toMatch(/<\/pre> |\[x\]\(http/)
    expect(body.replaceAll('&#64;', '@')).not.toMatch(/@\w/)
    expect([body.includes('would be refused'), body.length <= 65_536]).toEqual([true, true])
  })

  it('is not read and written at once', async () => {
    const both = await comment({ with: { read: 'true' } })
    expect(errorsOf(both)).toEqual([expect.stringContaining('with read nothing is written; leave plans out')])
  })
})

describe('one comment per environment', () => {
  it('is created, updated in place, and left alone when nothing changed', async () => {
    const first = await comment()
    expect([first.exitCode, first.outputs.comment]).toEqual([0, 'created'])
    expect(JSON.parse(first.outputs.digests!)).toEqual({ views: VIEWS.digest })
    expect(bodies()).toEqual([expect.stringContaining('Plan for dev')])
    expect(bodies()[0]).toContain('create 1, delete 1; 1 stay as they are.')
    expect(bodies()[0]).toContain(VIEWS.digest)

    const same = await comment()
    expect([same.exitCode, same.outputs.comment]).toEqual([0, 'unchanged'])
    const applied = planOf([
      step('create', 'shop.a', { state: 'done' }),
      step('delete', 'shop.b', { state: 'not reached' }),
    ])
    const second = await comment({
      plans: { views: { outputs: { plan: JSON.stringify(applied) }, outcome: 'failure' } },
    })
    expect([second.exitCode, second.outputs.comment, second.outputs['comment-url']]).toEqual([
      0,
      'updated',
      first.outputs['comment-url'],
    ])
    expect(github.comments()).toHaveLength(1)
    expect(bodies()[0]).toContain('Partly applied to dev')
    expect(bodies()[0]).toContain('of 2 done')
  })

  it('is another one for another environment', async () => {
    await comment()
    await comment({ with: { environment: 'prod' } })
    expect(bodies()).toEqual([
      expect.stringContaining('Plan for dev'),
      expect.stringContaining('Plan for prod'),
    ])
  })

  it('of somebody else is never touched, whatever mark it carries', async () => {
    await comment()
    const [body = ''] = bodies()
    const planted = github.write({ repository: 'octo/clicks', issue: 8, author: 'mallory', body })
    const result = await comment({ event: { pull_request: { number: 8 } } })
    expect(result.outputs.comment).toBe('created')
    expect(github.comments().find(({ id }) => id === planted.id)?.body).toBe(body)
    expect(github.comments().filter(({ issue }) => issue === 8)).toHaveLength(2)
  })

  it('is found among hundreds, and by a token that may say who it is', async () => {
    for (let n = 0; n < 230; n += 1)
      github.write({ repository: 'octo/clicks', issue: 7, author: 'octocat', body: `word ${n}` })
    const asPerson = { 'github-token': 'ghp-person' }
    expect((await comment({ with: asPerson })).outputs.comment).toBe('created')
    expect((await comment({ with: asPerson, plans: { views: planOf([]) } })).outputs.comment).toBe('updated')
    expect(github.comments()).toHaveLength(231)
  })

  it('of a newer run stays when an older one ends late', async () => {
    await comment({ runId: '5000' })
    const late = await comment({ runId: '4999', plans: { views: planOf([]) } })
    expect([late.exitCode, late.outputs.comment]).toEqual([0, 'superseded'])
    expect(bodies()[0]).toContain('create 1')
  })

  it.each([
    ['the older run writes last', '1', '2', 'superseded'],
    ['the newer run writes last', '2', '1', 'created'],
  ])('is one in the end when two runs create one at once and %s', async (_, late, early, became) => {
    const plansOf = { 1: { views: planOf([]) }, 2: { views: VIEWS } } as Record<string, object>
    let isHeld = false
    let first: RunResult | undefined
    intercept = async ({ method }) => {
      if (method !== 'POST' || isHeld) return false
      isHeld = true
      first = await comment({ runId: early, plans: plansOf[early] })
      return false
    }
    const result = await comment({ runId: late, plans: plansOf[late] })
    expect([first?.exitCode, first?.outputs.comment]).toEqual([0, 'created'])
    expect([result.exitCode, result.outputs.comment]).toEqual([0, became])
    expect(bodies()).toEqual([expect.stringContaining('create 1, delete 1')])
    expect(result.outputs['comment-url']).toContain(String(github.comments()[0]?.id))
  })

  it('says what the newer of two runs says that update it at once, when the older one writes last', async () => {
    const until = async (isSo: () => boolean): Promise<void> => {
      while (!isSo()) await sleep(5)
    }
    const says = (words: string) => bodies()[0]?.includes(words) === true
    await comment({ runId: '1', plans: { views: planOf([step('keep', 'shop.c')]) } })
    let [written, isOlderThrough] = [0, false]
    let newer: Promise<RunResult> | undefined
    intercept = async ({ method, url = '' }) => {
      if (method === 'PATCH' && (written += 1) === 1) {
        newer = comment({ runId: '3' })
        await until(() => says('create 1, delete 1'))
      } else if (method === 'GET' && url.includes('/comments') && written === 2)
        await until(() => (isOlderThrough ||= says('update 1, delete 0')))
      return false
    }
    const older = await comment({ runId: '2', plans: { views: planOf([step('update', 'shop.a')]) } })
    const { exitCode, outputs } = await newer!
    expect([older.exitCode, exitCode, outputs.comment]).toEqual([0, 0, 'updated'])
    expect(bodies()).toEqual([expect.stringContaining('create 1, delete 1')])
  })

  it('is one in the end when three runs created theirs before any of them looked again', async () => {
    let [written, looked, isThere] = [0, 0, false]
    const until = async (isSo: () => boolean): Promise<void> => {
      while (!isSo()) await sleep(5)
    }
    intercept = async ({ method, url = '' }) => {
      if (method === 'POST') {
        written += 1
        await until(() => written === 3)
      } else if (method === 'GET' && url.includes('/comments') && (looked += 1) > 3)
        await until(() => (isThere ||= github.comments().length === 3))
      return false
    }
    const all = await Promise.all(
      ['1', '2', '3'].map((runId) =>
        comment({ runId, plans: { views: runId === '3' ? VIEWS : planOf([]) } }),
      ),
    )
    expect([all.map(({ exitCode }) => exitCode), written]).toEqual([[0, 0, 0], 3])
    expect(bodies()).toEqual([expect.stringContaining('create 1, delete 1')])
  })
})

describe('what it takes', () => {
  it('is the steps context, of which steps without a plan are left out', async () => {
    const steps = {
      checkout: { outputs: {}, outcome: 'success', conclusion: 'success' },
      views: { outputs: { plan: JSON.stringify(VIEWS), 'plan-digest': VIEWS.digest }, outcome: 'success' },
    }
    const result = await comment({ plans: steps })
    expect(Object.keys(JSON.parse(result.outputs.digests!))).toEqual(['views'])
  })

  it.each([
    ['{}', /no step in it put out a plan/],
    ['not json', /is not a JSON object/],
    [{ views: { schemaVersion: 2 } }, /"views" does not hold a plan: it is no plan of schemaVersion 1/],
    [{ views: '{' }, /"views" does not hold a plan: it is not JSON/],
    [{ views: { ...VIEWS, refusal: { message: 'x' } } }, /does not hold a plan/],
    [{ views: { ...VIEWS, digest: '<script>' } }, /does not hold a plan/],
  ])('refuses %j with one sentence', async (plans, words) => {
    const result = await comment({ plans })
    expect(result.exitCode).toBe(1)
    expect(errorsOf(result)).toEqual([expect.stringMatching(words)])
    expect(github.comments()).toEqual([])
  })

  it('shows hostile names as text and calls nobody', async () => {
    const name = '@octocat <img src=x onerror=alert(1)> | `a` --> [x](http://evil.example)\n::error::x'
    const result = await comment({
      plans: { [name]: planOf([step('create', name, { before: '</pre>', after: '@everyone' })]) },
      with: { environment: 'a-->b' },
    })
    expect(result.exitCode).toBe(0)
    const [body = ''] = bodies()
    expect(body).not.toMatch(/<img|\[x\]\([^)]*\)<\/td>/)
    expect(body.replaceAll('&#64;', '@')).not.toMatch(/@\w/)
    expect(body.indexOf('-->')).toBe(body.indexOf('\n') - 3)
    expect(
      (await comment({ plans: { [name]: planOf([]) }, with: { environment: 'a-->b' } })).outputs.comment,
    ).toBe('updated')
  })

  it('never exceeds what GitHub takes: detail goes first, the counts and digests stay', async () => {
    const many = planOf(
      Array.from({ length: 700 }, (_, n) =>
        step('update', `shop.view_${n}`, { reason: 'because '.repeat(14) }),
      ),
    )
    const result = await comment({ plans: { views: many } })
    expect([result.exitCode, result.outputs.comment]).toEqual([0, 'created'])
    const [body = ''] = bodies()
    expect(body.length).toBeLessThanOrEqual(65_536)
    expect([body.includes('update 700'), body.includes(many.digest), /… and \d+ more/.test(body)]).toEqual([
      true,
      true,
      true,
    ])
  })
})

describe('where it runs', () => {
  it.each([
    ['workflow_dispatch with a number', {}, { 'pull-request': '7' }],
    ['a merge queue', { merge_group: { head_ref: 'refs/heads/gh-readonly-queue/main/pr-7-0123abcd' } }, {}],
    ['a comment on the pull request', { issue: { number: 7, pull_request: {} } }, {}],
  ])('%s reaches the pull request', async (_name, event, given) => {
    expect((await comment({ event, with: given })).outputs.comment).toBe('created')
    expect(github.comments().map(({ issue }) => issue)).toEqual([7])
  })

  it('on a GitHub Enterprise Server its API is asked, below its path, and its pages are linked', async () => {
    const paths: string[] = []
    intercept = (request) => {
      paths.push(request.url ?? '')
      request.url = request.url?.replace(/^\/api\/v3/, '')
      return false
    }
    const env = { GITHUB_API_URL: `${github.url}/api/v3`, GITHUB_SERVER_URL: 'https://ghes.example' }
    const result = await comment({ env })
    expect([result.exitCode, result.outputs.comment]).toEqual([0, 'created'])
    expect(paths.filter((path) => !path.startsWith('/api/v3/'))).toEqual([])
    expect(bodies()[0]).toContain('https://ghes.example/octo/clicks/actions/runs/4711')
  })

  it('without a pull request the plan stands in the summary, and the run says so', async () => {
    const result = await comment({ event: { ref: 'refs/heads/main' } })
    expect([result.exitCode, result.outputs.comment, github.comments()]).toEqual([0, 'skipped', []])
    expect(result.summary).toContain('belongs to no pull request')
    expect(result.summary).toContain('Plan for dev')
  })

  it('a fork, whose token only reads, is no failure; a job without the permission is, by its name', async () => {
    const fork = { pull_request: { number: 7, head: { repo: { full_name: 'mallory/clicks' } } } }
    const forked = await comment({ event: fork, with: { 'github-token': 'ghs-reading' } })
    expect([forked.exitCode, forked.outputs.comment]).toEqual([0, 'skipped'])
    expect(forked.summary).toContain('comes from a fork')
    const own = await comment({ with: { 'github-token': 'ghs-reading' } })
    expect(own.exitCode).toBe(1)
    expect(errorsOf(own)[0]).toContain('pull-requests: write')
    expect(own.summary).toContain('Plan for dev')
  })

  it('a run without a token is no failure, asks nobody and shows the plan in the summary', async () => {
    let asked = 0
    intercept = () => {
      asked += 1
      return false
    }
    const result = await comment({ with: { 'github-token': ' ' } })
    expect([result.exitCode, result.outputs.comment, asked]).toEqual([0, 'skipped', 0])
    expect(result.summary).toContain('has no token')
    expect(result.summary).toContain('Plan for dev')
  })

  it('a dry run writes the summary only', async () => {
    const result = await comment({ with: { 'dry-run': 'true' } })
    expect([result.exitCode, result.outputs.comment, github.comments()]).toEqual([0, 'skipped', []])
    expect(result.summary).toContain('Plan for dev')
  })
})

describe('when GitHub does not answer as it should', () => {
  it('waits as long as a secondary limit asks, and writes once', async () => {
    let refused = 0
    intercept = (request, response) => {
      if (request.method !== 'POST' || refused > 0) return false
      refused += 1
      response.writeHead(403, { 'retry-after': '1', 'content-type': 'application/json' })
      response.end('{"message":"You have exceeded a secondary rate limit."}')
      return true
    }
    expect([(await comment()).exitCode, refused, github.comments().length]).toEqual([0, 1, 1])
  })

  it('finds its own comment when the answer to the creation was lost', async () => {
    let lost = 0
    intercept = (request, response) => {
      if (request.method !== 'POST' || lost > 0) return false
      lost += 1
      let text = ''
      request.on('data', (chunk: Buffer) => (text += chunk.toString()))
      request.on('end', () => {
        github.write({
          repository: 'octo/clicks',
          issue: 7,
          author: BOT,
          body: (JSON.parse(text) as { body: string }).body,
        })
        response.destroy()
      })
      return true
    }
    const result = await comment()
    expect([result.exitCode, github.comments().length]).toEqual([0, 1])
  })

  it.each([
    [
      'an HTML page',
      (response: ServerResponse) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
    ],
    [
      'a redirect',
      (response: ServerResponse, stranger: string) =>
        response.writeHead(302, { location: `${stranger}/user` }).end(),
    ],
  ])('%s is no answer: exit 1, one error, no token elsewhere', async (name, send) => {
    const asked: string[] = []
    const stranger = await openProxy(github.url, ({ headers }, response) => {
      asked.push(headers.authorization ?? 'nobody')
      response.end('{}')
      return true
    })
    intercept = (_request, response) => {
      send(response, stranger.origin)
      return true
    }
    const result = await comment()
    stranger.close()
    expect([result.exitCode, asked]).toEqual([1, []])
    expect(errorsOf(result)).toEqual([
      expect.stringContaining(name === 'a redirect' ? 'no credential follows a redirect' : "is not GitHub's"),
    ])
    expect(result.log).not.toMatch(/^\s+at /m)
    expect(result.log.replaceAll('::add-mask::ghs-job', '')).not.toContain('ghs-job')
  })

  it('a page that comes again whatever is asked for is no list', async () => {
    intercept = ({ method, url = '' }, response) => {
      if (method !== 'GET' || !url.includes('/comments')) return false
      const page = Array.from({ length: 100 }, (_, id) => ({ id, body: 'x', html_url: '', user: null }))
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(page))
      return true
    }
    expect(errorsOf(await comment())).toEqual([expect.stringContaining("is not GitHub's")])
  })
})
