/**
 * The comments of a pull request by GitHub's REST, and which request a commit came by. It follows no redirect with the
 * token, waits as long as GitHub asks (within a minute) and never creates a comment twice when an answer is lost.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { GitHubApiError } from '../errors.ts'
import { readEvent, type RunEvent } from './event.ts'
import type { Runner } from './runner.ts'

export interface Comment {
  readonly id: number
  readonly author: string
  readonly body: string
  readonly url: string
}

export interface PullRequestEvent extends Pick<RunEvent, 'pullRequest' | 'isFromFork'> {
  readonly isPush: boolean
}

export interface PullRequest {
  readonly number: number
  /** What it became on its branch. */
  readonly mergeCommit: string
}

export interface GitHub {
  readonly notes: readonly string[]
  readonly event: PullRequestEvent
  /** Who the token is; undefined for tokens that may not ask (a job's, a GitHub App's). */
  login(): Promise<string | undefined>
  comments(pullRequest: number): Promise<readonly Comment[]>
  /** The requests that a commit belongs to. */
  pullRequestsOf(commit: string): Promise<readonly PullRequest[]>
  create(pullRequest: number, body: string): Promise<Comment>
  update(id: number, body: string): Promise<Comment>
  /** A comment that is gone already is removed. */
  remove(id: number): Promise<void>
  isForbidden(error: unknown): boolean
}

const TRIES = 4
const LONGEST_WAIT_MS = 60_000
const TRY_MS = 30_000

interface RestComment {
  id: number
  body?: string
  html_url: string
  user: { login: string } | null
}
interface RestPullRequest {
  number: number
  merge_commit_sha: string | null
}
type Send = (
  route: string,
  parameters: Record<string, unknown>,
) => Promise<{ data: unknown; headers: Record<string, unknown> }>

export async function connectToGitHub(
  inputs: { readonly token: string; readonly repository: string },
  runner: Runner,
): Promise<GitHub> {
  const event = await readEvent(runner.environment)
  if (inputs.token !== '') runner.mask(inputs.token)
  const [owner = '', repo = ''] = inputs.repository.split('/')
  const send = await openRest(inputs.token, runner)
  const ask = <T>(route: string, parameters: Record<string, unknown>, doing: string): Promise<T> =>
    withPatience(doing, runner, () => send(route, parameters)).then(({ data }) => data as T)
  const comments = async (pullRequest: number): Promise<readonly Comment[]> => {
    const found: Comment[] = []
    for (let page = 1; ; page += 1) {
      const parameters = { owner, repo, issue_number: pullRequest, per_page: 100, page }
      const route = 'GET /repos/{owner}/{repo}/issues/{issue_number}/comments'
      const answer = await ask<RestComment[]>(route, parameters, 'Reading the comments of the pull request')
      if (!Array.isArray(answer)) throw notGitHubs('Reading the comments of the pull request')
      // A page that comes again whatever is asked for would never end.
      if (answer.length > 0 && found.some(({ id }) => id === answer.at(-1)?.id))
        throw notGitHubs('Reading the comments of the pull request')
      found.push(...answer.map((comment) => shape(comment)))
      if (answer.length < 100) return found
    }
  }
  return {
    notes: [],
    event: { ...event, isPush: event.name === 'push' },
    login: async () => {
      try {
        return (await ask<{ login?: string }>('GET /user', {}, 'Asking who the token is')).login
      } catch (error) {
        if (error instanceof GitHubApiError && (error.status === 403 || error.status === 404))
          return undefined
        throw error
      }
    },
    comments,
    pullRequestsOf: async (commit) => {
      const doing = 'Finding the pull request of the commit'
      const route = 'GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls'
      const answer = await ask<RestPullRequest[]>(
        route,
        { owner, repo, commit_sha: commit, per_page: 100 },
        doing,
      )
      if (!Array.isArray(answer)) throw notGitHubs(doing)
      return answer.map(({ number, merge_commit_sha }) => ({ number, mergeCommit: merge_commit_sha ?? '' }))
    },
    create: async (pullRequest, body) => {
      const route = 'POST /repos/{owner}/{repo}/issues/{issue_number}/comments'
      const doing = 'Creating the comment'
      let isRepeated = false
      return await withPatience(doing, runner, async () => {
        // The answer of the first try may be what was lost, not the comment.
        const made = isRepeated
          ? (await comments(pullRequest)).findLast((comment) => comment.body === body)
          : undefined
        isRepeated = true
        if (made !== undefined) return made
        const { data } = await send(route, { owner, repo, issue_number: pullRequest, body })
        return shape(data as RestComment, doing)
      })
    },
    update: async (id, body) => {
      const doing = 'Updating the comment'
      const route = 'PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}'
      return shape(await ask<RestComment>(route, { owner, repo, comment_id: id, body }, doing), doing)
    },
    remove: async (id) => {
      try {
        const route = 'DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}'
        await ask(route, { owner, repo, comment_id: id }, 'Removing a second comment')
      } catch (error) {
        if (!(error instanceof GitHubApiError) || error.status !== 404) throw error
      }
    },
    isForbidden: (error) => error instanceof GitHubApiError && error.status === 403,
  }
}

async function openRest(token: string, runner: Runner): Promise<Send> {
  const github = await import('@actions/github')
  // Octokit would print requests; what it says goes nowhere.
  const silent = {
    debug: () => undefined,
    info: () => undefined,
    warn: () => undefined,
    error: () => undefined,
  }
  const octokit = github.getOctokit(token === '' ? 'none' : token, { log: silent })
  return async (route, parameters) => {
    // What is being written when the run is cancelled may end.
    const ends = route.startsWith('GET ') ? [runner.cancelled] : []
    const signal = AbortSignal.any([AbortSignal.timeout(TRY_MS), ...ends])
    const answer = await octokit.request(route, { ...parameters, request: { redirect: 'manual', signal } })
    const { status, data, headers } = answer as { status: number; data: unknown; headers: Answer['headers'] }
    if (status >= 300) throw Object.assign(new Error('a redirect'), { status, response: { headers } })
    // Octokit passes on as text what it cannot parse.
    if (status !== 204 && typeof data === 'string' && /^\s*([{[]|$)/.test(data))
      throw new Unusable(data === '' ? 'its answer is empty' : 'its answer is cut off')
    return answer
  }
}

/** Nothing that can be read came back; what was asked for may be done. */
class Unusable extends Error {}

function shape(comment: RestComment, doing = 'Reading the comments of the pull request'): Comment {
  if (typeof comment?.id !== 'number') throw notGitHubs(doing)
  return {
    id: comment.id,
    author: comment.user?.login ?? '',
    body: comment.body ?? '',
    url: comment.html_url,
  }
}

const notGitHubs = (doing: string): GitHubApiError =>
  new GitHubApiError(`${doing}: the answer is not GitHub's; is a proxy in between?`, { status: 200 })

async function withPatience<T>(doing: string, runner: Runner, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work()
    } catch (error) {
      const told = error instanceof GitHubApiError ? error : translate(doing, error)
      const pauseMs = pauseOf(error, attempt)
      if (attempt >= TRIES || pauseMs === undefined || runner.cancelled.aborted) throw told
      runner.log.info(`${told.message} Trying again in ${Math.ceil(pauseMs / 1000)} s.`)
      await sleep(pauseMs, undefined, { signal: runner.cancelled }).catch(() => undefined)
    }
  }
}

interface Answer {
  readonly headers?: Readonly<Record<string, string | undefined>>
  readonly data?: unknown
}
interface Refused {
  readonly status?: number
  readonly message?: string
  /** None where no answer came: Octokit calls that a 500. */
  readonly response?: Answer
}

/**
 * undefined when asking again cannot help. Secondary limits answer 403 or 429 and say how long to wait, or nothing,
 * and then GitHub asks for a minute.
 * https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
 */
export function pauseOf(error: unknown, attempt: number): number | undefined {
  const { status, response } = error as Refused
  const headers = response?.headers ?? {}
  const usualMs = 1_000 * 2 ** (attempt - 1)
  if (status === undefined || status >= 500) return usualMs
  if (!isLimit(error as Refused)) return undefined
  const after = Number(headers['retry-after'])
  const resetMs = Number(headers['x-ratelimit-reset']) * 1000 - Date.now()
  const wishedMs =
    Number.isFinite(after) && headers['retry-after'] !== undefined
      ? after * 1000
      : headers['x-ratelimit-remaining'] === '0' && Number.isFinite(resetMs)
        ? resetMs
        : LONGEST_WAIT_MS
  return wishedMs > LONGEST_WAIT_MS ? undefined : Math.max(usualMs, wishedMs)
}

const isLimit = ({ status, response, message = '' }: Refused): boolean =>
  status === 429 ||
  (status === 403 &&
    (response?.headers?.['retry-after'] !== undefined ||
      response?.headers?.['x-ratelimit-remaining'] === '0' ||
      /rate limit/i.test(message)))

/** Why no answer came: the words stand in what was caught, or in its cause's cause. */
function whyNone(error: unknown): string {
  if (error instanceof Unusable) return error.message
  for (let at = error as { code?: unknown; cause?: unknown; name?: string } | undefined; at;) {
    if (at.name === 'TimeoutError') return `no answer within ${TRY_MS / 1000} s`
    if (typeof at.code === 'string') return at.code
    at = at.cause as typeof at
  }
  return 'no answer'
}

/** What GitHub, or nobody, answered, as an error with a way out. */
export function translate(doing: string, error: unknown): GitHubApiError {
  const { status = 0, response } = error as Refused
  const { message } = (response?.data ?? {}) as { message?: unknown }
  if (response === undefined)
    return new GitHubApiError(`${doing}: GitHub could not be reached (${whyNone(error)}).`, {
      status: 0,
      hint: 'Run the job again; nothing else depends on this comment.',
    })
  if (status < 400) {
    const to = response.headers?.location
    const host = to !== undefined && URL.canParse(to) ? ` to ${new URL(to).host}` : ''
    return new GitHubApiError(
      `${doing}: GitHub answered ${status}, a redirect${host}, and no credential follows a redirect.`,
      {
        status,
        hint: 'GitHub sends on where a repository was renamed: start a new run. Otherwise a proxy stands in between.',
      },
    )
  }
  if (isLimit(error as Refused))
    return new GitHubApiError(
      `${doing}: GitHub answered ${status}: this token has asked too often for now.`,
      {
        status,
        hint: 'Run the job again later; the limit holds for everything that uses this token.',
      },
    )
  const said = typeof message === 'string' ? message.slice(0, 200) : 'no reason given'
  const isLocked = /\blocked\b/i.test(said)
  const hint = isLocked
    ? 'The conversation of the pull request is locked: unlock it, or let this step fail without consequences (continue-on-error).'
    : status === 403
      ? 'Give the job permissions: pull-requests: write (and contents: read); on an organization that limits tokens, an owner must allow it.'
      : status === 404
        ? 'Check the number of the pull request; GitHub also answers this when the token may not read the repository.'
        : status === 401
          ? 'The token is expired or none: leave github-token to its default, or pass a fresh one.'
          : undefined
  return new GitHubApiError(`${doing}: GitHub answered ${status} (${said}).`, {
    status,
    ...(hint ? { hint } : {}),
    problem: !isLocked && (status === 403 || status === 401) ? 'comment-permission' : undefined,
  })
}
