/**
 * The claims of an OIDC token that an attribute condition may test. It refuses everything else of the token,
 * and checks no signature: Google does that.
 */

/** None of these is secret; together they answer "why did the condition say no". */
const SHOWN = [
  'iss',
  'aud',
  'sub',
  'repository',
  'repository_id',
  'repository_owner',
  'repository_owner_id',
  'repository_visibility',
  'ref',
  'ref_type',
  'event_name',
  'environment',
  'workflow_ref',
  'job_workflow_ref',
  'actor',
  'actor_id',
  'runner_environment',
  'run_id',
  'run_attempt',
] as const

export type Claims = Readonly<Record<string, string>>

/** Returns {} for anything that is not a JWT with a JSON payload. */
export function decodeClaims(token: string): Claims {
  try {
    const payload = JSON.parse(
      Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'),
    ) as Record<string, unknown>
    return Object.fromEntries(
      SHOWN.flatMap((name) =>
        typeof payload[name] === 'string' || typeof payload[name] === 'number'
          ? [[name, String(payload[name])]]
          : [],
      ),
    )
  } catch {
    return {}
  }
}

export function describeClaims(claims: Claims): string {
  return Object.entries(claims)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ')
}
