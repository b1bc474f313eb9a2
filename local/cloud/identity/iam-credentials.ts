/**
 * Google's IAM Credentials API: short-lived tokens of a service account for those who may impersonate it. It
 * signs no blobs and delegates no chains.
 */
import { CloudError, type Access, type CloudRequest, type Principal, type Route } from '../kernel.ts'
import type { AccessTokens } from './access-tokens.ts'
import { denial } from './denial.ts'
import type { IdTokens } from './id-tokens.ts'
import { readScopes } from './scopes.ts'

export interface IamCredentialsOptions {
  readonly project: string
  readonly accounts: readonly string[]
  readonly access: Access
  readonly tokens: AccessTokens
  readonly idTokens: IdTokens
  readonly principalOf: (email: string) => Principal
  /** The local pool lets each persona become its own account; access.yaml does not know that pool. */
  readonly isOwnAccount: (principal: Principal, email: string) => boolean
  readonly now: () => number
}

const path = '/v1/projects/{project}/serviceAccounts/{account}'
const noRestriction = { locations: [], encodedLocations: '0x0' }

export function iamCredentialsRoutes(options: IamCredentialsOptions): Route[] {
  const { access, tokens, idTokens, now } = options
  const permit = ({ principal, params }: CloudRequest, permission: string): string => {
    const email = params.account!
    // The wildcard is the documented form; a project id is answered with a hint by Google as well.
    if (params.project !== '-' && params.project !== options.project)
      throw new CloudError(
        400,
        'invalid',
        `Invalid form of account ID ${params.project}/${email}. Should be [Gaia ID |Email |Unique ID |] of the account`,
      )
    const resource = {
      name: `projects/${options.project}/serviceAccounts/${email}`,
      type: 'iam.googleapis.com/ServiceAccount',
      service: 'iam.googleapis.com',
    }
    const isAllowed =
      options.accounts.includes(email) &&
      (options.isOwnAccount(principal, email) || access.allows(principal, permission, resource))
    if (!isAllowed) throw denial(principal, permission, resource)
    return email
  }
  return [
    {
      id: 'iamcredentials.projects.serviceAccounts.generateAccessToken',
      method: 'POST',
      path: `${path}:generateAccessToken`,
      handler: async (request) => {
        const email = permit(request, 'iam.serviceAccounts.getAccessToken')
        const body = await readBody(request, ['scope', 'lifetime', 'delegates'])
        const scopes = readScopes(
          Array.isArray(body.scope) ? body.scope : [],
          (what) => new CloudError(400, 'invalid', what),
        )
        const expiresMs = now() + readLifetime(body.lifetime) * 1000
        const accessToken = tokens.issue(options.principalOf(email), expiresMs, scopes)
        return {
          headers: { 'cache-control': 'no-store' },
          json: { accessToken, expireTime: timestamp(expiresMs) },
        }
      },
    },
    {
      id: 'iamcredentials.projects.serviceAccounts.generateIdToken',
      method: 'POST',
      path: `${path}:generateIdToken`,
      handler: async (request) => {
        const email = permit(request, 'iam.serviceAccounts.getOpenIdToken')
        const { audience, includeEmail, organizationNumberIncluded } = await readBody(request, [
          'audience',
          'includeEmail',
          'delegates',
          'organizationNumberIncluded',
        ])
        if (organizationNumberIncluded === true)
          throw new CloudError(
            501,
            'notImplemented',
            'organizationNumberIncluded is not implemented by the local cloud: its project has no organization.',
          )
        if (typeof audience !== 'string' || audience === '')
          throw new CloudError(400, 'invalid', 'The audience of the ID token is required.')
        return {
          headers: { 'cache-control': 'no-store' },
          json: { token: await idTokens.issue(email, audience, includeEmail === true) },
        }
      },
    },
    // Clients ask before they send requests; '0x0' is Google's answer where no boundary is set.
    {
      id: 'iamcredentials.projects.serviceAccounts.getAllowedLocations',
      method: 'GET',
      path: `${path}/allowedLocations`,
      handler: () => ({ json: noRestriction }),
    },
    {
      id: 'iamcredentials.projects.locations.workloadIdentityPools.getAllowedLocations',
      method: 'GET',
      path: '/v1/projects/{project}/locations/global/workloadIdentityPools/{pool}/allowedLocations',
      handler: () => ({ json: noRestriction }),
    },
  ]
}

async function readBody(request: CloudRequest, known: readonly string[]): Promise<Record<string, unknown>> {
  const body = await request.json()
  const unknown = Object.keys(body).find((name) => !known.includes(name))
  if (unknown !== undefined)
    throw new CloudError(
      400,
      'invalid',
      `Invalid JSON payload received. Unknown name "${unknown.slice(0, 100)}": Cannot find field.`,
    )
  if (Array.isArray(body.delegates) && body.delegates.length > 0)
    throw new CloudError(501, 'notImplemented', 'Delegation chains are not implemented by the local cloud.')
  return body
}

/**
 * A duration as proto JSON writes it; one hour unless an organisation policy extends it, and there is none
 * here.
 */
function readLifetime(value: unknown): number {
  if (value === undefined || value === '') return 3600
  const seconds =
    typeof value === 'string' && /^\d+(\.\d{1,9})?s$/.test(value) ? Number(value.slice(0, -1)) : Number.NaN
  if (Number.isNaN(seconds) || seconds <= 0)
    throw new CloudError(
      400,
      'invalid',
      `Invalid value at 'lifetime' (type.googleapis.com/google.protobuf.Duration), ${JSON.stringify(value)}`,
    )
  if (seconds > 3600)
    throw new CloudError(400, 'invalid', 'The access token lifetime cannot exceed 3600 seconds.')
  return seconds
}

/** Python's client parses seconds only. */
function timestamp(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z')
}
