/**
 * The token of a job: worth something at the local GitHub alone, for the job's own repository, as long as the job
 * runs, and as far as its `permissions` go. It refuses to be a token of github.com.
 */
import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startIssuesApi } from '../github/issues-api.ts'
import type { TokenRights } from '../github/issues-api.ts'
import type { Permissions } from './permissions.ts'

export interface JobToken {
  readonly value: string
  end(): void
}

export interface LocalGitHub {
  readonly url: string
  issue(permissions: Permissions): JobToken
  /** Writes each comment that this run changed as a file; says where. */
  writeChanged(directory: string): Promise<string[]>
  close(): Promise<void>
}

interface Asked {
  readonly repository: string
  readonly stateDir: string
  /** The one this run is of, with the commit that it would become. */
  readonly pullRequest?: { readonly number: number; readonly mergeCommit: string }
  /** GitHub gives the run of a fork a token that only reads. */
  readonly isFromFork: boolean
}

export const startLocalGitHub = async ({
  repository,
  stateDir,
  pullRequest,
  isFromFork,
}: Asked): Promise<LocalGitHub> => {
  const tokens = new Map<string, TokenRights>()
  const api = await startIssuesApi({
    file: join(stateDir, 'github', 'comments.json'),
    rightsOf: (token) => tokens.get(token),
  })
  if (pullRequest !== undefined) await api.bring({ repository, ...pullRequest })
  const before = new Map(api.comments().map(({ id, body }) => [id, body]))
  return {
    url: api.url,
    issue(permissions) {
      const value = `ghs_${randomBytes(27).toString('base64url').replaceAll(/[-_]/g, 'x')}`
      // A comment belongs to an issue or to a pull request: GitHub takes either permission.
      const levels = [permissions.issues, permissions['pull-requests']]
      const mayWrite = levels.includes('write') && !isFromFork
      const mayRead = levels.some((level) => level === 'read' || level === 'write')
      tokens.set(value, { login: 'github-actions[bot]', mayAskWho: false, mayRead, mayWrite, repository })
      return { value, end: () => void tokens.delete(value) }
    },
    async writeChanged(directory) {
      const changed = api.comments().filter(({ id, body }) => before.get(id) !== body)
      if (changed.length > 0) await mkdir(directory, { recursive: true })
      return Promise.all(
        changed.map(async ({ id, issue, author, body }) => {
          const file = join(directory, `${issue}-${id}.md`)
          await writeFile(file, body, { mode: 0o600 })
          return `comment of ${author} on #${issue}: ${file}`
        }),
      )
    },
    close: () => api.close(),
  }
}
