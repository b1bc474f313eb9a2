/**
 * Asks the runner for the job's OIDC token and reads its claims. It refuses to keep the token: later steps
 * ask for a fresh one.
 */
import { readFile } from 'node:fs/promises'
import { decodeClaims, type Claims } from './claims.ts'
import { InputError } from '../../_shared/errors.ts'
import { endpointRules, projectOfServiceAccount } from '../../_shared/google/connect.ts'
import { describeOverrides, readEndpoints, type Endpoints } from '../../_shared/google/endpoints.ts'
import {
  credentialsFile,
  openFederation,
  stsAudience,
  stsTokenUrl,
  type Federation,
  type TokenSource,
} from '../../_shared/google/federation.ts'
import { quietSdkLogging } from '../../_shared/google/sdk-logging.ts'
import { canonicalJson } from '../../_shared/plan.ts'
import type { Runner } from '../../_shared/run.ts'
import type { AuthInputs } from './inputs.ts'
import { checkTempDir } from './secret-file.ts'

export interface Observed {
  readonly claims: Claims
  readonly endpoints: Endpoints
  readonly projectOfAccount: string | undefined
  readonly tempDir: string
  /** The runner's token service, bearer included: it goes into the credentials file. */
  readonly source: TokenSource
  readonly federation: Federation
  /** The job's credentials file when it already is what this step would write (use-existing). */
  readonly existingPath?: string
}

/** Where the token services are; nothing is asked yet. */
export function findEndpoints(
  inputs: AuthInputs,
  runner: Pick<Runner, 'environment' | 'log'>,
): Promise<{ readonly endpoints: Endpoints; readonly notes: readonly string[] }> {
  const endpoints = readEndpoints(runner.environment, endpointRules(inputs, runner.environment))
  const notes = describeOverrides(endpoints)
  for (const note of notes) runner.log.warning(note)
  return Promise.resolve({ endpoints, notes })
}

export async function observe(
  inputs: AuthInputs,
  { endpoints }: { readonly endpoints: Endpoints },
  runner: Runner,
): Promise<Observed> {
  const deadlineMs = Date.now() + inputs.timeoutMs
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: bearer } = runner.environment
  if (!url || !bearer) {
    throw await withoutOidc(runner)
  }
  if (inputs.isFileWanted) checkTempDir(runner.environment)
  runner.mask(bearer)
  quietSdkLogging(runner.environment, runner.log)
  const source = {
    url: withAudience(url, inputs.audience),
    headers: { Authorization: `Bearer ${bearer}` },
    field: 'value',
  }
  const federation = openFederation(
    {
      stsAudience: stsAudience(inputs.provider, inputs.universeDomain),
      stsTokenUrl: stsTokenUrl(endpoints),
      source,
      deadlineMs: () => deadlineMs,
      signal: runner.cancelled,
      headers: inputs.requestReason === undefined ? {} : { 'x-goog-request-reason': inputs.requestReason },
    },
    runner,
  )
  const existingPath = inputs.isExistingTaken
    ? await findExisting(runner, credentialsFile({ ...inputs, endpoints, source }))
    : undefined
  return {
    claims: decodeClaims(await federation.subjectToken()),
    existingPath,
    endpoints,
    projectOfAccount:
      inputs.serviceAccount === undefined ? undefined : projectOfServiceAccount(inputs.serviceAccount),
    tempDir: runner.context.tempDir,
    source,
    federation,
  }
}

/** Only a file that holds exactly what this step would write is the same identity of the same job. */
async function findExisting(
  runner: Pick<Runner, 'environment' | 'log'>,
  wanted: Record<string, unknown>,
): Promise<string | undefined> {
  const path = runner.environment.GOOGLE_APPLICATION_CREDENTIALS?.trim()
  if (!path) return undefined
  try {
    const found: unknown = JSON.parse(await readFile(path, 'utf8'))
    if (canonicalJson(found) === canonicalJson(wanted)) return path
    runner.log.info(`use-existing: ${path} is another identity or of another job; a new file is written.`)
  } catch {
    runner.log.info(`use-existing: ${path} cannot be read; a new file is written.`)
  }
  return undefined
}

/** Why there is no token service, as far as the runner says: a fork and Dependabot cannot be helped by YAML. */
async function withoutOidc(runner: Pick<Runner, 'environment'>): Promise<InputError> {
  const { GITHUB_ACTOR: actor, GITHUB_EVENT_NAME: event, GITHUB_EVENT_PATH: path } = runner.environment
  const isFork = event === 'pull_request' && path !== undefined && (await isFromFork(path))
  const hint =
    actor === 'dependabot[bot]'
      ? "Dependabot started this run, and its runs get no OIDC token: skip the job for it (if: github.actor != 'dependabot[bot]'), or run it from a workflow on push."
      : isFork
        ? 'This pull request comes from a fork, and such runs get no OIDC token: skip the job for forks (if: github.event.pull_request.head.repo.fork == false), or run it after the merge.'
        : 'Give the job "permissions: { contents: read, id-token: write }" (a reusable workflow\'s caller must grant it too). Pull requests from forks and Dependabot never get an OIDC token.'
  return new InputError(
    'Asking GitHub for an OIDC token: this job may not have one (ACTIONS_ID_TOKEN_REQUEST_URL is not set).',
    { input: 'permissions', accepted: 'permissions: id-token: write', problem: 'missing-id-token', hint },
  )
}

async function isFromFork(path: string): Promise<boolean> {
  try {
    const event = JSON.parse(await readFile(path, 'utf8')) as {
      pull_request?: { head?: { repo?: { fork?: unknown } } }
    }
    return event.pull_request?.head?.repo?.fork === true
  } catch {
    return false
  }
}

function withAudience(url: string, audience: string): string {
  const full = new URL(url)
  full.searchParams.set('audience', audience)
  return full.href
}
