/**
 * What `auth` says: who this job now is, as outputs and a summary. It refuses to put a token anywhere but
 * into the outputs that exist for it.
 */
import type { Outcome } from '../../_shared/plan.ts'
import type { Report } from '../../_shared/report.ts'
import type { Left } from './apply.ts'
import type { AuthInputs } from './inputs.ts'
import type { AuthPlan, AuthStep } from './plan.ts'

export function report(
  plan: AuthPlan,
  outcome: Outcome<AuthStep> & { left?: Left },
  inputs: AuthInputs,
  notes: readonly string[],
): Report {
  const { left = {}, failure } = outcome
  // Of what is put out or used: a user's token (access-token-subject) before the account's.
  const expiresAtMs =
    left.accessToken?.expiresAtMs ?? left.accountToken?.expiresAtMs ?? left.authToken?.expiresAtMs
  const expiry = expiresAtMs === undefined ? '' : new Date(expiresAtMs).toISOString()
  const outputs = {
    'project-id': plan.projectId ?? '',
    'credentials-file-path': left.filePath ?? '',
    'auth-token': left.authToken?.value ?? '',
    'access-token': left.accessToken?.value ?? '',
    'id-token': left.idToken?.value ?? '',
  }
  const principal = principalOf(inputs)
  const aliases = Object.fromEntries(
    Object.entries(outputs).map(([name, value]) => [name.replaceAll('-', '_'), value]),
  )
  if (failure !== undefined) return { outputs: {}, summary: [], failure }
  return {
    outputs: { ...outputs, principal, 'expires-at': expiry, 'access-token-expiry': expiry, ...aliases },
    summary: [
      { kind: 'heading', text: 'Authenticated to Google Cloud' },
      {
        kind: 'table',
        head: ['', ''],
        rows: [
          ['Identity', inputs.serviceAccount === undefined ? `${principal} (direct federation)` : principal],
          ['Provider', inputs.provider],
          ['Project', plan.projectId ?? 'none'],
          ['Token valid until', expiry || 'unknown'],
          ...notes.map((line) => ['Endpoint override', line]),
        ],
      },
    ],
  }
}

/** Who Google agreed this job is: it made a token for exactly this account, or for a principal of this pool. */
function principalOf({ serviceAccount, provider }: AuthInputs): string {
  return serviceAccount ?? `principalSet://iam.googleapis.com/${provider.replace(/\/providers\/.*/, '')}/*`
}
