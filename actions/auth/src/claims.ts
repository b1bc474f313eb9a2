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

export type Claims = Readonly<Record<string, unknown>>

/** Returns {} for anything that is not a JWT with a JSON payload. */
export function decodeClaims(token: string): Claims {
  try {
    const payload: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'))
    return payload !== null && typeof payload === 'object' ? (payload as Claims) : {}
  } catch {
    return {}
  }
}

export function textOf(claims: Claims, name: string): string | undefined {
  const value = claims[name]
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
}

export function describeClaims(claims: Claims): string {
  return SHOWN.flatMap((name) => {
    const value = textOf(claims, name)
    return value === undefined ? [] : [`${name}=${value}`]
  }).join(', ')
}
