/**
 * What started this run: the event, the pull request it belongs to. It refuses to take a branch's name for a
 * pull request.
 */
import { readFile } from 'node:fs/promises'

export interface RunEvent {
  readonly name: string
  /** Of a pull request's own events; absent otherwise. */
  readonly pullRequest?: number
  readonly commit?: { readonly id: string; readonly at: string }
}

export async function readEvent(
  environment: Readonly<Record<string, string | undefined>>,
): Promise<RunEvent> {
  const name = environment.GITHUB_EVENT_NAME ?? ''
  const payload = await readPayload(environment.GITHUB_EVENT_PATH)
  const { pull_request: request, head_commit: commit } = payload
  const fromRef = /^refs\/pull\/(\d{1,9})\//.exec(environment.GITHUB_REF ?? '')?.[1]
  const number = request?.number ?? (fromRef === undefined ? undefined : Number(fromRef))
  return {
    name,
    pullRequest: Number.isSafeInteger(number) && Number(number) > 0 ? number : undefined,
    commit:
      typeof commit?.id === 'string' && typeof commit.timestamp === 'string'
        ? { id: commit.id, at: commit.timestamp }
        : undefined,
  }
}

interface Payload {
  readonly pull_request?: { readonly number?: number }
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
