/**
 * What started the run: the event's payload as GitHub would send it, and what of it the contexts and claims
 * need. It refuses an event the workflow does not list.
 */
import type { Value } from './expressions.ts'
import { RunRefused } from './run-options.ts'
import type { RepositoryIdentity } from './run-options.ts'
import { isSameRepository } from './source.ts'
import { supportedEvents } from './support.ts'
import { child, items, literal } from './tokens.ts'
import type { Token } from './tokens.ts'
import type { Workflow } from './workflow.ts'

type Mapping = Readonly<Record<string, Value>>

export interface RunEvent {
  readonly name: string
  readonly payload: Mapping
  readonly ref: string
  /** Branches of a pull request; empty for other events. */
  readonly headRef: string
  readonly baseRef: string
  /** A pull request from another repository: GitHub gives it no secrets, no OIDC token and no right to write. */
  readonly isFromFork: boolean
}

interface Asked {
  readonly event?: string
  readonly eventPayload?: Mapping
  readonly identity: RepositoryIdentity
}

/** docs.github.com "Events that trigger workflows": without `types`. */
const defaultTypes = ['opened', 'synchronize', 'reopened']
const pullRequestTypes = [...defaultTypes, 'closed']

export const readEvent = (asked: Asked, head: { ref: string; sha: string }): RunEvent => {
  const name = asked.event ?? 'workflow_dispatch'
  if (!(supportedEvents as readonly string[]).includes(name))
    throw new RunRefused(`--event ${name} is not supported; supported: ${supportedEvents.join(', ')}`)
  const common = commonPayload(asked.identity)
  const given = asked.eventPayload ?? {}
  if (name === 'pull_request') return pullRequest(common, given, head, asked.identity.repository)
  const own: Mapping =
    name === 'push'
      ? { after: head.sha, pusher: { name: ownerOf(asked.identity) } }
      : name === 'schedule'
        ? { schedule: '' }
        : {}
  const payload = merged({ ...(name === 'schedule' ? {} : { ref: head.ref }), ...own, ...common }, given)
  const ref = textAt(payload, 'ref') || head.ref
  if (!ref.startsWith('refs/'))
    throw new RunRefused(
      `ref '${ref}' of the event is not in full; write refs/heads/${ref} or refs/tags/${ref}`,
    )
  return { name, payload, ref, headRef: '', baseRef: '', isFromFork: false }
}

const pullRequest = (
  common: Mapping,
  given: Mapping,
  head: { ref: string; sha: string },
  repository: string,
): RunEvent => {
  const branch = head.ref.replace(/^refs\/heads\//, '')
  const repo = common.repository ?? null
  const number = given.number ?? valueAt(given, 'pull_request', 'number') ?? 1
  if (typeof number !== 'number' || !Number.isInteger(number) || number < 1)
    throw new RunRefused(
      `number of the pull request is ${JSON.stringify(number)}; a whole number from 1 is expected`,
    )
  const action = given.action ?? 'opened'
  if (typeof action !== 'string' || !pullRequestTypes.includes(action))
    throw new RunRefused(
      `action ${JSON.stringify(action)} of a pull_request is not supported; supported: ${pullRequestTypes.join(', ')}`,
    )
  const made: Mapping = {
    action,
    pull_request: {
      state: action === 'closed' ? 'closed' : 'open',
      draft: false,
      merged: false,
      title: '',
      body: null,
      user: common.sender ?? null,
      head: { ref: branch, sha: head.sha, repo },
      base: { ref: 'main', sha: head.sha, repo },
    },
    ...common,
  }
  const payload = merged(merged(made, given), { number, pull_request: { number } })
  const from = textAt(payload, 'pull_request', 'head', 'repo', 'full_name')
  return {
    name: 'pull_request',
    payload,
    ref: `refs/pull/${number}/merge`,
    headRef: textAt(payload, 'pull_request', 'head', 'ref'),
    baseRef: textAt(payload, 'pull_request', 'base', 'ref'),
    // A fork that was deleted has no repository any more.
    isFromFork: !isSameRepository(from, repository),
  }
}

/**
 * GitHub starts the workflow only for what `on` lists. The filters of branches and paths are said to be
 * passed over, never judged.
 */
export const checkEvent = (workflow: Workflow, event: RunEvent, warn: (message: string) => void): void => {
  if (!workflow.events.includes(event.name))
    throw new RunRefused(
      `${workflow.file} is not started by ${event.name}; it lists: ${workflow.events.join(', ')}${hintOf(workflow.events)}`,
    )
  const filter = child(workflow.on, event.name)
  const skipped = ['branches', 'branches-ignore', 'tags', 'tags-ignore', 'paths', 'paths-ignore'].filter(
    (key) => child(filter, key),
  )
  if (skipped.length > 0)
    warn(`on.${event.name}: ${skipped.join(', ')} is not looked at; the run starts whatever it says`)
  if (event.name !== 'pull_request') return
  const types = listed(child(filter, 'types')) ?? defaultTypes
  const action = textAt(event.payload, 'action')
  if (!types.includes(action))
    throw new RunRefused(
      `${workflow.file} is not started by pull_request '${action}'; it lists: ${types.join(', ')}`,
    )
}

const hintOf = (events: readonly string[]): string => {
  const runnable = events.find((name) => (supportedEvents as readonly string[]).includes(name))
  return runnable === undefined ? '' : `; run it with --event ${runnable}`
}

const listed = (token: Token | undefined): string[] | undefined => {
  const one = literal(token)
  if (one !== undefined) return [one]
  return token && items(token).map((item) => literal(item) ?? '')
}

const ownerOf = (identity: RepositoryIdentity): string => identity.repository.split('/')[0] ?? ''

/** The part of a payload that is true of every local run. */
const commonPayload = (identity: RepositoryIdentity): Mapping => {
  const owner = { login: ownerOf(identity), id: Number(identity.repositoryOwnerId) }
  return {
    repository: {
      id: Number(identity.repositoryId),
      name: identity.repository.split('/')[1] ?? '',
      full_name: identity.repository,
      default_branch: 'main',
      owner,
    },
    sender: owner,
  }
}

const isMapping = (value: Value): value is Mapping =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Mappings are laid over each other, anything else is replaced. */
const merged = (below: Mapping, above: Mapping): Mapping =>
  Object.fromEntries(
    [...new Set([...Object.keys(below), ...Object.keys(above)])].map((key) => {
      const [under, over] = [below[key], above[key]]
      if (over === undefined) return [key, under]
      return [key, isMapping(under) && isMapping(over) ? merged(under, over) : over]
    }),
  )

const valueAt = (value: Value, ...path: readonly string[]): Value =>
  path.reduce<Value>((at, key) => (isMapping(at) ? at[key] : undefined), value)
const textAt = (value: Value, ...path: readonly string[]): string => {
  const found = valueAt(value, ...path)
  return typeof found === 'string' ? found : ''
}
