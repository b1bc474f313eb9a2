/**
 * Workload Identity Federation: turns a foreign token into a principal by the provider's rules. It refuses
 * whatever is not proven.
 */
import {
  compactVerify,
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  type JSONWebKeySet,
  type JWTPayload,
} from 'jose'
import { CloudError, type Principal } from '../kernel.ts'
import { compileMapping, compileProviderCondition, toCel, type Evaluate } from './cel.ts'

export interface ProviderDefinition {
  readonly projectNumber: string
  readonly pool: string
  readonly provider: string
  readonly isDisabled: boolean
  readonly issuer: string
  readonly keySet: JSONWebKeySet
  readonly allowedAudiences: readonly string[]
  readonly attributeMapping: Readonly<Record<string, string>>
  readonly attributeCondition?: string
}
export interface Provider {
  /** `projects/N/locations/global/workloadIdentityPools/P/providers/X` */
  readonly name: string
  readonly isDisabled: boolean
  /** Who the token is, or a 400 in the token service's words. */
  identify(subjectToken: string): Promise<Principal>
}

const skewSeconds = 60
const longestLifetimeSeconds = 24 * 60 * 60

export function createProvider(definition: ProviderDefinition, now: () => number): Provider {
  const pool = `projects/${definition.projectNumber}/locations/global/workloadIdentityPools/${definition.pool}`
  const name = `${pool}/providers/${definition.provider}`
  const keys = createLocalJWKSet(definition.keySet)
  const audiences =
    definition.allowedAudiences.length > 0
      ? definition.allowedAudiences
      : [`https://iam.googleapis.com/${name}`, `//iam.googleapis.com/${name}`]
  const mapping = Object.entries(definition.attributeMapping).map(
    ([key, expression]) => [key, compileMapping(expression)] as const,
  )
  const condition =
    definition.attributeCondition === undefined
      ? undefined
      : compileProviderCondition(definition.attributeCondition)
  return {
    name,
    isDisabled: definition.isDisabled,
    async identify(subjectToken) {
      const claims = readClaims(subjectToken)
      if (claims.iss !== definition.issuer)
        throw grant(
          `The issuer in ID Token ${String(claims.iss)} does not match the expected ones: ${definition.issuer}`,
        )
      await compactVerify(subjectToken, keys, { algorithms: ['RS256', 'ES256'] }).catch(() => {
        throw grant('Unable to verify the ID Token signature.')
      })
      checkTimes(claims, now() / 1000)
      const given = Array.isArray(claims.aud) ? claims.aud : [claims.aud ?? '']
      if (!given.some((audience) => audiences.includes(audience)))
        throw grant(
          `The audience in ID Token [${given.join(', ')}] does not match the expected audience ${audiences.join(' or ')}.`,
        )
      const assertion = toCel(claims)
      const attributes = Object.fromEntries(
        mapping.map(([key, evaluate]) => [key, mapped(key, evaluate, assertion)]),
      )
      if (condition && !holds(condition, assertion, attributes))
        throw new CloudError(
          400,
          'unauthorized_client',
          'The given credential is rejected by the attribute condition.',
        )
      return principalOf(pool, attributes)
    },
  }
}

function readClaims(token: string): JWTPayload {
  try {
    const { alg } = decodeProtectedHeader(token)
    if (alg !== 'RS256' && alg !== 'ES256')
      throw grant(
        `The algorithm '${String(alg)}' of the ID Token is not supported: RS256 or ES256 is required.`,
      )
    return decodeJwt(token)
  } catch (error) {
    throw error instanceof CloudError ? error : grant('The given credential is not a valid JSON Web Token.')
  }
}

function checkTimes({ iat, exp, nbf }: JWTPayload, second: number): void {
  if (typeof iat !== 'number' || typeof exp !== 'number')
    throw grant('The ID Token must contain the claims "iat" and "exp".')
  if (iat > second + skewSeconds) throw grant(`ID Token issued at ${iat} is in the future.`)
  if (typeof nbf === 'number' && nbf > second + skewSeconds)
    throw grant(`ID Token is not valid before ${nbf}.`)
  if (exp <= second) throw grant(`ID Token issued at ${iat} is stale to sign-in.`)
  if (exp - iat > longestLifetimeSeconds)
    throw grant('The lifetime of the ID Token must not exceed 24 hours.')
}

function mapped(key: string, evaluate: Evaluate, assertion: unknown): string | readonly string[] {
  let value: unknown
  try {
    value = evaluate({ assertion })
  } catch (error) {
    throw grant(
      `Could not obtain a value for ${key} from the given credential: ${(error as Error).message.split('\n')[0]}.`,
    )
  }
  if (key === 'google.groups' && Array.isArray(value) && value.every((item) => typeof item === 'string'))
    return value
  if (typeof value !== 'string') throw grant(`The mapped attribute '${key}' must be of type STRING.`)
  if (key !== 'google.subject') return value
  if (value === '') throw grant('Could not obtain a value for google.subject from the given credential.')
  if (Buffer.byteLength(value) > 127) {
    throw grant(
      'The size of mapped attribute google.subject exceeds the 127 bytes limit. Either modify your attribute mapping or the incoming assertion ' +
        'to produce a mapped attribute that is less than 127 bytes.',
    )
  }
  return value
}

/** A condition that fails to evaluate rejects, as one that is false. */
function holds(
  condition: Evaluate,
  assertion: unknown,
  attributes: Readonly<Record<string, unknown>>,
): boolean {
  const attribute = Object.fromEntries(
    Object.entries(attributes)
      .filter(([key]) => key.startsWith('attribute.'))
      .map(([key, value]) => [key.slice('attribute.'.length), value]),
  )
  try {
    return condition({ assertion, attribute }) === true
  } catch {
    return false
  }
}

function principalOf(
  pool: string,
  attributes: Readonly<Record<string, string | readonly string[]>>,
): Principal {
  const member = `principal://iam.googleapis.com/${pool}/subject/${String(attributes['google.subject'])}`
  const set = `principalSet://iam.googleapis.com/${pool}`
  const memberSets = [`${set}/*`]
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith('attribute.')) memberSets.push(`${set}/${key}/${String(value)}`)
    if (key === 'google.groups') for (const group of value) memberSets.push(`${set}/group/${group}`)
  }
  return { member, email: member, memberSets }
}

function grant(description: string): CloudError {
  return new CloudError(400, 'invalid_grant', description)
}
