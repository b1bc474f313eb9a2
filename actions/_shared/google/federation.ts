/**
 * Workload Identity Federation: the exchange at STS and the tokens of IAM credentials. It refuses to keep or
 * print a token: it masks and returns it.
 */
import { IdentityPoolClient } from 'google-auth-library'
import { GoogleApiError } from '../errors.ts'
import type { Surroundings } from './connect.ts'
import type { Endpoints } from './endpoints.ts'
import { apiPath, createRequest } from './request.ts'
import { withRetries } from './retry.ts'
import { translate } from './translate.ts'

export interface Token {
  readonly value: string
  readonly expiresAtMs: number | undefined
}
export interface Federation {
  /** The federated token of the pool's principal (direct Workload Identity Federation). */
  exchange(): Promise<Token>
  accessToken(
    serviceAccount: string,
    options: { scopes: readonly string[]; lifetimeSeconds: number },
  ): Promise<Token>
  idToken(serviceAccount: string, audience: string): Promise<Token>
}

/** @param subjectToken gives a fresh OIDC token of the job each time: GitHub's live five minutes. */
export function openFederation(
  options: {
    provider: string
    universeDomain: string
    endpoints: Endpoints
    subjectToken: () => Promise<string>
  },
  surroundings: Surroundings,
): Federation {
  const { endpoints, provider, universeDomain } = options
  const client = new IdentityPoolClient({
    type: 'external_account',
    audience: stsAudience(provider, universeDomain),
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: stsTokenUrl(endpoints),
    scopes: ['https://www.googleapis.com/auth/cloud-platform'],
    subject_token_supplier: { getSubjectToken: options.subjectToken },
    universe_domain: universeDomain,
  })
  const request = createRequest({ client, endpoints, log: surroundings.log.info, mask: surroundings.mask })
  const exchange = async (): Promise<Token> => {
    const asked = { method: 'sts.token', resource: provider }
    return withRetries(
      asked.method,
      async () => {
        try {
          const { token } = await client.getAccessToken()
          if (!token)
            throw new GoogleApiError('sts.token: the answer holds no token.', {
              ...asked,
              status: 200,
              reason: 'emptyAnswer',
              isRetryable: false,
            })
          surroundings.mask(token)
          return { value: token, expiresAtMs: client.credentials.expiry_date ?? undefined }
        } catch (error) {
          throw translate(error, asked)
        }
      },
      { log: surroundings.log.info },
    )
  }
  const generate = async <T>(
    verb: 'generateAccessToken' | 'generateIdToken',
    serviceAccount: string,
    json: unknown,
  ): Promise<T> =>
    request<T>({
      api: 'iamcredentials',
      method: `iamcredentials.${verb}`,
      resource: serviceAccount,
      verb: 'POST',
      path: `${apiPath`/v1/projects/-/serviceAccounts/${serviceAccount}`}:${verb}`,
      json,
      // Making a second token does no harm.
      isRepeatable: true,
    })
  return {
    exchange,
    accessToken: async (serviceAccount, { scopes, lifetimeSeconds }) => {
      await exchange()
      const answer = await generate<{ accessToken?: string; expireTime?: string }>(
        'generateAccessToken',
        serviceAccount,
        { scope: scopes, lifetime: `${lifetimeSeconds}s` },
      )
      return finished(
        answer.accessToken,
        answer.expireTime === undefined ? undefined : Date.parse(answer.expireTime),
        surroundings,
      )
    },
    idToken: async (serviceAccount, audience) => {
      await exchange()
      const answer = await generate<{ token?: string }>('generateIdToken', serviceAccount, {
        audience,
        includeEmail: true,
      })
      return finished(answer.token, undefined, surroundings)
    },
  }
}

function finished(
  value: string | undefined,
  expiresAtMs: number | undefined,
  surroundings: Surroundings,
): Token {
  if (!value)
    throw new GoogleApiError('iamcredentials: the answer holds no token.', {
      method: 'iamcredentials',
      resource: 'token',
      status: 200,
      reason: 'emptyAnswer',
      isRetryable: false,
    })
  surroundings.mask(value)
  return { value, expiresAtMs }
}

export interface CredentialsFileParts {
  readonly provider: string
  readonly serviceAccount: string | undefined
  readonly universeDomain: string
  readonly endpoints: Endpoints
  readonly lifetimeSeconds: number
  /** Where the job's OIDC tokens come from, the audience included. */
  readonly idTokenUrl: string
  readonly idTokenBearer: string
}

/**
 * The `external_account` file every Google client reads (https://google.aip.dev/auth/4117). It holds the
 * job's request token: a secret.
 */
export function credentialsFile(parts: CredentialsFileParts): Record<string, unknown> {
  const impersonation =
    parts.serviceAccount === undefined
      ? {}
      : {
          service_account_impersonation_url: `${parts.endpoints.root('iamcredentials')}/v1/projects/-/serviceAccounts/${parts.serviceAccount}:generateAccessToken`,
          ...(parts.lifetimeSeconds === 3600
            ? {}
            : { service_account_impersonation: { token_lifetime_seconds: parts.lifetimeSeconds } }),
        }
  return {
    universe_domain: parts.universeDomain,
    type: 'external_account',
    audience: stsAudience(parts.provider, parts.universeDomain),
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: stsTokenUrl(parts.endpoints),
    credential_source: {
      url: parts.idTokenUrl,
      headers: { Authorization: `Bearer ${parts.idTokenBearer}` },
      format: { type: 'json', subject_token_field_name: 'value' },
    },
    ...impersonation,
  }
}

function stsAudience(provider: string, universeDomain: string): string {
  return `//iam.${universeDomain}/${provider}`
}
function stsTokenUrl(endpoints: Endpoints): string {
  return `${endpoints.root('sts')}/v1/token`
}
