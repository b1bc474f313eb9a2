/**
 * Asks the runner for the job's OIDC token and reads its claims. It refuses to keep the token: later steps
 * ask for a fresh one.
 */
import { decodeClaims, type Claims } from './claims.ts'
import { InputError } from '../../_shared/errors.ts'
import { endpointRules, projectOfServiceAccount } from '../../_shared/google/connect.ts'
import { describeOverrides, readEndpoints, type Endpoints } from '../../_shared/google/endpoints.ts'
import {
  openFederation,
  stsAudience,
  stsTokenUrl,
  type Federation,
  type TokenSource,
} from '../../_shared/google/federation.ts'
import { quietSdkLogging } from '../../_shared/google/sdk-logging.ts'
import type { Runner } from '../../_shared/run.ts'
import type { AuthInputs } from './inputs.ts'

export interface Observed {
  readonly claims: Claims
  readonly endpoints: Endpoints
  readonly projectOfAccount: string | undefined
  readonly tempDir: string
  /** The runner's token service, bearer included: it goes into the credentials file. */
  readonly source: TokenSource
  readonly federation: Federation
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
    throw new InputError(
      'Asking GitHub for an OIDC token: this job may not have one (ACTIONS_ID_TOKEN_REQUEST_URL is not set).',
      {
        input: 'permissions',
        accepted: 'permissions: id-token: write',
        problem: 'missing-id-token',
        hint: 'Give the job "permissions: { contents: read, id-token: write }" (a reusable workflow\'s caller must grant it too). Pull requests from forks and Dependabot never get an OIDC token.',
      },
    )
  }
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
    },
    runner,
  )
  return {
    claims: decodeClaims(await federation.subjectToken()),
    endpoints,
    projectOfAccount:
      inputs.serviceAccount === undefined ? undefined : projectOfServiceAccount(inputs.serviceAccount),
    tempDir: runner.context.tempDir,
    source,
    federation,
  }
}

function withAudience(url: string, audience: string): string {
  const full = new URL(url)
  full.searchParams.set('audience', audience)
  return full.href
}
