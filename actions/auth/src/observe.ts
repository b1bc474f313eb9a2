/**
 * Asks the runner for the job's OIDC token and reads its claims. It refuses to keep the token: later steps
 * ask for a fresh one.
 */
import { decodeClaims, type Claims } from './claims.ts'
import { GoogleApiError, InputError } from '../../_shared/errors.ts'
import { endpointRules, projectOfServiceAccount } from '../../_shared/google/connect.ts'
import { describeOverrides, readEndpoints, type Endpoints } from '../../_shared/google/endpoints.ts'
import { redact } from '../../_shared/google/translate.ts'
import { withRetries } from '../../_shared/google/retry.ts'
import type { Runner } from '../../_shared/run.ts'
import type { AuthInputs } from './inputs.ts'

export interface Observed {
  readonly claims: Claims
  readonly endpoints: Endpoints
  readonly projectOfAccount: string | undefined
  readonly tempDir: string
  /** URL (with audience) and bearer of the runner's token service: both go into the credentials file. */
  readonly idTokenUrl: string
  readonly idTokenBearer: string
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
  return {
    claims: decodeClaims(await subjectToken(inputs, runner)),
    endpoints,
    projectOfAccount:
      inputs.serviceAccount === undefined ? undefined : projectOfServiceAccount(inputs.serviceAccount),
    tempDir: runner.context.tempDir,
    idTokenUrl: withAudience(url, inputs.audience),
    idTokenBearer: bearer,
  }
}

/** The toolkit retries HTTP statuses itself; this also covers broken connections. */
export function subjectToken(inputs: AuthInputs, runner: Runner): Promise<string> {
  return withRetries(
    'github.oidc.token',
    async () => {
      try {
        return await runner.idToken(inputs.audience)
      } catch (error) {
        const text = redact(error instanceof Error ? error.message.replace(/\s+/g, ' ') : String(error))
        throw new GoogleApiError(`Asking GitHub for an OIDC token: ${text}`, {
          method: 'github.oidc.token',
          resource: inputs.audience,
          status: 0,
          reason: 'OIDC_TOKEN',
          isRetryable: !/40[0134]/.test(text),
          problem: 'oidc-token',
          hint: 'Run the job again; if it stays, check that the job has "permissions: id-token: write" and GitHub\'s status page.',
        })
      }
    },
    { log: runner.log.info },
  )
}

function withAudience(url: string, audience: string): string {
  const full = new URL(url)
  full.searchParams.set('audience', audience)
  return full.href
}
