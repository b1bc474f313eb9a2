/**
 * What started this run: the event, the pull request it belongs to. It refuses to take a branch's name for a
 * pull request.
 */
import { readFile } from 'node:fs/promises'

export interface RunEvent {
  readonly name: string
  /** Absent where the event belongs to none, or does not say to which. */
  readonly pullRequest?: number
  /** Also where it does not say which: a fork's run is followed by one that names none. */
  readonly isOfPullRequest: boolean
  /** The head is in another repository: the job's token only reads. */
  readonly isFromFork: boolean
  readonly commit?: { readonly id: string; readonly at: string }
}

export async function readEvent(
  environment: Readonly<Record<string, string | undefined>>,
): Promise<RunEvent> {
  const name = environment.GITHUB_EVENT_NAME ?? ''
  const payload = await readPayload(environment.GITHUB_EVENT_PATH)
  const { issue, merge_group: queued, workflow_run: earlier } = payload
  const request = payload.pull_request ?? undefined
  const fromRef = /^refs\/pull\/(\d{1,9})\//.exec(environment.GITHUB_REF ?? '')?.[1]
  const isOfIssue = issue?.pull_request !== undefined && issue.pull_request !== null
  const followsRequest = earlier?.event?.startsWith('pull_request') === true
  const number = Number(
    request?.number ??
      fromRef ??
      (isOfIssue ? issue.number : undefined) ??
      QUEUE.exec(queued?.head_ref ?? '')?.[1] ??
      (followsRequest ? loneRequest(payload) : undefined),
  )
  const pullRequest = Number.isSafeInteger(number) && number > 0 ? number : undefined
  const head = request?.head?.repo
  const { head_commit: commit } = payload
  return {
    name,
    pullRequest,
    isOfPullRequest:
      pullRequest !== undefined ||
      request !== undefined ||
      isOfIssue ||
      queued !== undefined ||
      followsRequest,
    isFromFork:
      request !== undefined &&
      (head === null || (head?.full_name !== undefined && head.full_name !== environment.GITHUB_REPOSITORY)),
    commit:
      typeof commit?.id === 'string' && typeof commit.timestamp === 'string'
        ? { id: commit.id, at: commit.timestamp }
        : undefined,
  }
}

/** A merge queue names the last request of its group only in its own branch. */
const QUEUE = /^refs\/heads\/gh-readonly-queue\/.+\/pr-(\d{1,9})-[0-9a-f]+$/

/** In a fork the list has requests of the repository it came from; a branch may have several. */
function loneRequest({ workflow_run: earlier, repository }: Payload): unknown {
  const own = (earlier?.pull_requests ?? []).filter(
    ({ base }) =>
      base?.repo?.id === undefined || repository?.id === undefined || base.repo.id === repository.id,
  )
  return own.length === 1 ? own[0]?.number : undefined
}

interface Payload {
  readonly repository?: { readonly id?: unknown }
  readonly pull_request?: {
    readonly number?: unknown
    readonly head?: { readonly repo?: { readonly full_name?: unknown } | null }
  } | null
  readonly issue?: { readonly number?: unknown; readonly pull_request?: unknown }
  readonly merge_group?: { readonly head_ref?: string }
  readonly workflow_run?: {
    readonly event?: string
    readonly pull_requests?:
      | readonly {
          readonly number?: unknown
          readonly base?: { readonly repo?: { readonly id?: unknown } }
        }[]
      | null
  }
  readonly head_commit?: { readonly id?: string; readonly timestamp?: string } | null
}

async function readPayload(file: string | undefined): Promise<Payload> {
  if (!file) return {}
  try {
    const value: unknown = JSON.parse(await readFile(file, 'utf8'))
    return value !== null && typeof value === 'object' ? value : {}
  } catch {
    return {}
  }
}
