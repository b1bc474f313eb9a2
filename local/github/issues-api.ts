/**
 * What GitHub's REST says of issue comments, for jobs on this machine: list, create, update, delete, who a token is, and
 * which pull request a commit came by. It refuses everything else by name with 501, and requests to another name than
 * loopback's. It keeps comments in memory or, given a file, on disk, where runs at the same time see each other's.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { lock } from 'proper-lockfile'
import { isForLoopback, misdirected } from '../loopback-host.ts'

export interface StoredComment {
  readonly id: number
  readonly repository: string
  readonly issue: number
  readonly author: string
  readonly body: string
  readonly createdAt: string
  readonly updatedAt: string
}

/** A pull request, as far as a commit has to be told from another's. */
export interface StoredPull {
  readonly repository: string
  readonly number: number
  readonly mergeCommit: string
}

export interface TokenRights {
  readonly login: string
  /** A job's token and a GitHub App's may not ask who they are. */
  readonly mayAskWho: boolean
  readonly mayWrite: boolean
  /** Default true. */
  readonly mayRead?: boolean
  /** OWNER/NAME, the only repository it reaches. Default: every one. */
  readonly repository?: string
}

export interface IssuesApi {
  readonly url: string
  readonly comments: () => readonly StoredComment[]
  /** As another person or program would: without a request. */
  write(comment: Pick<StoredComment, 'repository' | 'issue' | 'author' | 'body'>): StoredComment
  /** A pull request was opened, or has another commit now. */
  bring(pull: StoredPull): Promise<void>
  close(): Promise<void>
}

export interface IssuesOptions {
  readonly file?: string
  rightsOf(token: string): TokenRights | undefined
  /** Answers instead of GitHub when it returns true, to play what goes wrong. */
  intercept?(request: IncomingMessage, response: ServerResponse): boolean | Promise<boolean>
}

interface Answer {
  readonly status: number
  readonly json?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** GitHub's own limit for a comment. */
const LONGEST_BODY = 65_536

export async function startIssuesApi(options: IssuesOptions): Promise<IssuesApi> {
  const { file } = options
  let stored: readonly StoredComment[] = []
  let pulls: readonly StoredPull[] = []
  let lastId = 1_000
  const load = (): void => {
    if (file === undefined || !existsSync(file)) return
    const kept = JSON.parse(readFileSync(file, 'utf8')) as Kept
    stored = kept.comments
    lastId = kept.lastId
    pulls = kept.pulls ?? []
  }
  const keep = (comments: readonly StoredComment[]): void => {
    stored = comments
    if (file === undefined) return
    writeFileSync(`${file}.new`, JSON.stringify({ lastId, comments, pulls } satisfies Kept), { mode: 0o600 })
    renameSync(`${file}.new`, file)
  }
  /** Another run on the same state answers from the same file. */
  const alone = async <T>(work: () => T): Promise<T> => {
    if (file === undefined) return work()
    const release = await lock(file, {
      realpath: false,
      retries: { retries: 20, minTimeout: 10, maxTimeout: 500 },
    })
    try {
      load()
      return work()
    } finally {
      await release()
    }
  }
  if (file !== undefined) mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  load()
  const add = (given: Pick<StoredComment, 'repository' | 'issue' | 'author' | 'body'>): StoredComment => {
    const now = new Date().toISOString()
    const comment = { ...given, id: (lastId += 1), createdAt: now, updatedAt: now }
    keep([...stored, comment])
    return comment
  }
  const shape = ({ id, repository, issue, author, body, createdAt, updatedAt }: StoredComment) => ({
    id,
    url: `${url()}/repos/${repository}/issues/comments/${id}`,
    html_url: `https://github.com/${repository}/pull/${issue}#issuecomment-${id}`,
    user: { login: author, type: author.endsWith('[bot]') ? 'Bot' : 'User' },
    body,
    created_at: createdAt,
    updated_at: updatedAt,
  })
  const answer = (method: string, target: URL, rights: TokenRights | undefined, body: unknown): Answer => {
    if (rights === undefined) return { status: 401, json: { message: 'Bad credentials' } }
    const { pathname, searchParams } = target
    if (method === 'GET' && pathname === '/user') {
      return rights.mayAskWho ? { status: 200, json: { login: rights.login } } : forbidden
    }
    const asked = /^\/repos\/([^/]+\/[^/]+)\//.exec(pathname)?.[1]
    // GitHub does not say of a repository out of reach that it is there.
    if (asked !== undefined && !reaches(rights, decodeURIComponent(asked))) return missing
    const list = /^\/repos\/([^/]+\/[^/]+)\/issues\/(\d+)\/comments$/.exec(pathname)
    const ofCommit = /^\/repos\/([^/]+\/[^/]+)\/commits\/([0-9a-f]{40})\/pulls$/.exec(pathname)
    if (ofCommit !== null && method === 'GET') {
      if (rights.mayRead === false) return forbidden
      const [, repository = '', commit] = ofCommit
      const found = pulls.filter(
        (pull) => pull.repository === decodeURIComponent(repository) && pull.mergeCommit === commit,
      )
      return {
        status: 200,
        json: found.map(({ number, mergeCommit }) => ({ number, merge_commit_sha: mergeCommit })),
      }
    }
    const one = /^\/repos\/([^/]+\/[^/]+)\/issues\/comments\/(\d+)$/.exec(pathname)
    const text = (body as { body?: unknown } | undefined)?.body
    const wrong = checkBody(text)
    if (list !== null) {
      const [repository = '', issue] = [decodeURIComponent(list[1] ?? ''), Number(list[2])]
      if (method === 'GET') {
        if (rights.mayRead === false) return forbidden
        const size = Math.min(100, Math.max(1, Number(searchParams.get('per_page') ?? 30)))
        const from = (Math.max(1, Number(searchParams.get('page') ?? 1)) - 1) * size
        const found = stored.filter((comment) => comment.repository === repository && comment.issue === issue)
        return { status: 200, json: found.slice(from, from + size).map(shape) }
      }
      if (method === 'POST') {
        if (!rights.mayWrite) return forbidden
        return (
          wrong ?? {
            status: 201,
            json: shape(add({ repository, issue, author: rights.login, body: text as string })),
          }
        )
      }
    }
    if (one !== null) {
      const comment = stored.find(
        ({ id, repository }) => id === Number(one[2]) && repository === decodeURIComponent(one[1] ?? ''),
      )
      if (rights.mayRead === false) return forbidden
      if (comment === undefined) return missing
      if (method === 'GET') return { status: 200, json: shape(comment) }
      if (!rights.mayWrite) return forbidden
      if (method === 'PATCH') {
        if (wrong !== undefined) return wrong
        const changed = { ...comment, body: text as string, updatedAt: new Date().toISOString() }
        keep(stored.map((other) => (other === comment ? changed : other)))
        return { status: 200, json: shape(changed) }
      }
      if (method === 'DELETE') {
        keep(stored.filter((other) => other !== comment))
        return { status: 204 }
      }
    }
    return {
      status: 501,
      json: {
        message: `The local GitHub serves comments of issues, and the pull requests of a commit, only; ${method} ${pathname} is not there.`,
      },
    }
  }
  const server = createServer((request, response) => {
    void (async () => {
      if (!isForLoopback(request)) {
        response.writeHead(misdirected.status, { 'content-type': 'application/json; charset=utf-8' })
        return void response.end(JSON.stringify({ message: misdirected.message }))
      }
      if ((await options.intercept?.(request, response)) === true) return
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      const token = /^(?:token|bearer) (.+)$/i.exec(request.headers.authorization ?? '')?.[1]
      const given = parse(Buffer.concat(chunks).toString('utf8'))
      const target = new URL(request.url ?? '/', url())
      const rights = options.rightsOf(token ?? '')
      const { status, json, headers } = await alone(() =>
        answer(request.method ?? 'GET', target, rights, given),
      )
      response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers })
      response.end(json === undefined ? undefined : JSON.stringify(json))
    })().catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url: url(),
    comments: () => stored,
    write: add,
    bring: (pull) =>
      alone(() => {
        const others = pulls.filter(
          ({ repository, number }) => repository !== pull.repository || number !== pull.number,
        )
        pulls = [...others, pull]
        keep(stored)
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** What lies in the file; an id is never given twice. */
interface Kept {
  readonly lastId: number
  readonly comments: readonly StoredComment[]
  readonly pulls?: readonly StoredPull[]
}

const documentation_url = 'https://docs.github.com/rest/issues/comments'
const forbidden: Answer = {
  status: 403,
  json: { message: 'Resource not accessible by integration', documentation_url, status: '403' },
  headers: { 'x-accepted-github-permissions': 'issues=write; pull_requests=write' },
}
const missing: Answer = { status: 404, json: { message: 'Not Found', documentation_url, status: '404' } }

const reaches = ({ repository }: TokenRights, asked: string): boolean =>
  repository === undefined || repository.toLowerCase() === asked.toLowerCase()

function checkBody(text: unknown): Answer | undefined {
  const invalid = (message: string): Answer => ({
    status: 422,
    json: { message: 'Validation Failed', errors: [{ field: 'body', message }] },
  })
  if (typeof text !== 'string' || text.trim() === '') return invalid("body can't be blank")
  return text.length > LONGEST_BODY
    ? invalid(`body is too long (maximum is ${LONGEST_BODY} characters)`)
    : undefined
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
