/**
 * Workload Identity Federation: the job's OIDC token, the exchange at STS and the tokens of IAM credentials.
 * It refuses to keep or print a token (it masks and returns it) and to use an OIDC token twice.
 */
import type { gaxios } from 'google-auth-library'
import { GoogleApiError } from '../errors.ts'
import { readAnswer, type RawAnswer } from './answer.ts'
import type { Surroundings } from './surroundings.ts'
import type { Endpoints } from './endpoints.ts'
import type { Token } from './job-identity.ts'
import { isTokenRefused, onceFresh } from './fresh-token.ts'
import { pause, withRetries, type RetryRules, type Try } from './retry.ts'
import { openTransport, send, type PlainCall } from './transport.ts'
import { titleOf, translate, type Asked } from './translate.ts'

export type { Token } from './job-identity.ts'

/** For a clock that is a breath ahead of Google's. */
const FRESH_PAUSE_MS = 1000
const CLOUD_PLATFORM = 'https://www.googleapis.com/auth/cloud-platform'

/** Where a job asks for its OIDC tokens: GitHub's token service, or what a credentials file names. */
export interface TokenSource {
  /** With the audience. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** The field of the JSON answer; undefined when the answer is the token. */
  readonly field: string | undefined
}
export interface Federation {
  /** A new OIDC token of this job, masked; the next exchange takes it. */
  subjectToken(): Promise<string>
  /** The federated token of the pool's principal (direct Workload Identity Federation). */
  exchange(): Promise<Token>
  /** The newest federated token: the three below replace the one that they are refused for. */
  current(): Token | undefined
  accessToken(options: {
    /** The whole URL, `…:generateAccessToken`. */
    url: string
    resource: string
    scopes: readonly string[]
    lifetimeSeconds: number
    delegates?: readonly string[]
  }): Promise<Token>
  /** The access token of a Workspace user for whom the account may act (domain-wide delegation). */
  userToken(options: {
    /** The whole URL, `…:signJwt`. */
    url: string
    tokenUrl: string
    resource: string
    subject: string
    scopes: readonly string[]
    lifetimeSeconds: number
    delegates?: readonly string[]
  }): Promise<Token>
  idToken(options: {
    url: string
    resource: string
    audience: string
    isEmailIncluded: boolean
    delegates?: readonly string[]
  }): Promise<Token>
}

export interface FederationOptions {
  /** The provider as STS spells it, `//iam.googleapis.com/projects/…`. */
  readonly stsAudience: string
  readonly stsTokenUrl: string
  readonly subjectTokenType?: string
  readonly scopes?: readonly string[]
  readonly source: TokenSource
  /** The end of everything; each call has its own budget besides. */
  readonly deadlineMs?: () => number
  readonly signal?: AbortSignal
  readonly rules?: RetryRules
  readonly headers?: Readonly<Record<string, string>>
}

export function openFederation(
  options: FederationOptions,
  surroundings: Pick<Surroundings, 'log' | 'mask'>,
): Federation {
  const transport = openTransport()
  const { log, mask } = surroundings
  let unused: string | undefined
  const retries = () => ({
    log: log.info,
    signal: options.signal,
    deadlineMs: options.deadlineMs?.(),
    rules: options.rules,
  })
  const asking = <T extends object>(asked: Asked, call: PlainCall): Promise<T> =>
    withRetries(
      asked,
      async (attempt) => readAnswer<T>(await sendOnce(transport, call, attempt, asked), asked),
      retries(),
    )
  const hidden = (value: unknown, asked: Asked, field: string): string => {
    if (typeof value !== 'string' || value === '') throw withoutToken(asked, field)
    mask(value)
    return value
  }
  const subjectToken = async (): Promise<string> => {
    const asked = { method: 'oidc.token', resource: new URL(options.source.url).host }
    const call = { verb: 'GET', url: options.source.url, headers: options.source.headers } as const
    const { field } = options.source
    if (field !== undefined) {
      const answer = await asking<Record<string, unknown>>(asked, call)
      return hidden(answer[field], asked, field)
    }
    const { text } = await withRetries(
      asked,
      (attempt) => sendOnce(transport, call, attempt, asked),
      retries(),
    )
    return hidden(text.trim(), asked, 'text')
  }
  const isOver = () => options.signal?.aborted === true || Date.now() >= (options.deadlineMs?.() ?? Infinity)
  let current: Token | undefined
  const exchange = async (): Promise<Token> => {
    const asked = { method: 'sts.token', resource: options.stsAudience.replace(/^\/\/[^/]+\//, '') }
    const fresh = { isOver, log: log.info, renew: () => pause(FRESH_PAUSE_MS, options.signal) }
    return (current = await onceFresh(asked, () => exchangeOnce(asked), isTokenRefused, fresh))
  }
  const exchangeOnce = (asked: Asked): Promise<Token> => {
    let subject = ''
    return withRetries(
      asked,
      async (attempt) => {
        const answer = await sendOnce(
          transport,
          {
            verb: 'POST',
            url: options.stsTokenUrl,
            headers: options.headers,
            form: {
              grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
              audience: options.stsAudience,
              scope: (options.scopes ?? [CLOUD_PLATFORM]).join(' '),
              requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
              subject_token: subject,
              subject_token_type: options.subjectTokenType ?? 'urn:ietf:params:oauth:token-type:jwt',
            },
          },
          attempt,
          asked,
        )
        const body = readAnswer<{ access_token?: unknown; expires_in?: unknown }>(answer, asked)
        const seconds = Number(body.expires_in)
        return {
          value: hidden(body.access_token, asked, 'access_token'),
          expiresAtMs: seconds > 0 ? Date.now() + seconds * 1000 : undefined,
        }
      },
      {
        ...retries(),
        // GitHub's tokens live five minutes: every try begins with a new one.
        prepare: async () => {
          subject = unused ?? (await subjectToken())
          unused = undefined
        },
      },
    )
  }
  const chain = (delegates: readonly string[] = []) =>
    delegates.length === 0
      ? {}
      : { delegates: delegates.map((email) => `projects/-/serviceAccounts/${email}`) }
  const asAccount = async <T extends object>(asked: Asked, url: string, json: unknown): Promise<T> => {
    if (current === undefined) await exchange()
    const ask = () =>
      asking<T>(asked, {
        verb: 'POST',
        url,
        headers: { ...options.headers, authorization: `Bearer ${current?.value ?? ''}` },
        json,
      })
    return onceFresh(asked, ask, isTokenRefused, { isOver, log: log.info, renew: exchange })
  }
  return {
    subjectToken: async () => (unused = await subjectToken()),
    exchange,
    current: () => current,
    userToken: ({ url, tokenUrl, resource, subject, scopes, lifetimeSeconds, delegates }) => {
      const signing = { method: 'iamcredentials.signJwt', resource }
      const asked = { method: 'oauth2.token', resource: subject }
      const signAndAsk = async (): Promise<Token> => {
        const second = Math.floor(Date.now() / 1000)
        const payload = {
          iss: resource,
          sub: subject,
          scope: scopes.join(' '),
          aud: tokenUrl,
          iat: second,
          exp: second + Math.min(3600, lifetimeSeconds),
        }
        const signed = await asAccount<{ signedJwt?: unknown }>(signing, url, {
          payload: JSON.stringify(payload),
          ...chain(delegates),
        })
        const assertion = hidden(signed.signedJwt, signing, 'signedJwt')
        const answer = await asking<{ access_token?: unknown; expires_in?: unknown }>(asked, {
          verb: 'POST',
          url: tokenUrl,
          headers: options.headers,
          form: { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion },
        })
        const seconds = Number(answer.expires_in)
        return {
          value: hidden(answer.access_token, asked, 'access_token'),
          expiresAtMs: seconds > 0 ? Date.now() + seconds * 1000 : undefined,
        }
      }
      const isHere = (error: GoogleApiError) => error.method === asked.method && isTokenRefused(error)
      return onceFresh(asked, signAndAsk, isHere, { isOver, log: log.info })
    },
    accessToken: async ({ url, resource, scopes, lifetimeSeconds, delegates }) => {
      const asked = { method: 'iamcredentials.generateAccessToken', resource }
      const answer = await asAccount<{ accessToken?: unknown; expireTime?: unknown }>(asked, url, {
        scope: scopes,
        lifetime: `${lifetimeSeconds}s`,
        ...chain(delegates),
      })
      const expiresAtMs = Date.parse(String(answer.expireTime))
      return {
        value: hidden(answer.accessToken, asked, 'accessToken'),
        expiresAtMs: Number.isNaN(expiresAtMs) ? undefined : expiresAtMs,
      }
    },
    idToken: async ({ url, resource, audience, isEmailIncluded, delegates }) => {
      const asked = { method: 'iamcredentials.generateIdToken', resource }
      const answer = await asAccount<{ token?: unknown }>(asked, url, {
        audience,
        includeEmail: isEmailIncluded,
        ...chain(delegates),
      })
      return { value: hidden(answer.token, asked, 'token'), expiresAtMs: undefined }
    },
  }
}

async function sendOnce(
  transport: gaxios.Gaxios,
  call: PlainCall,
  attempt: Try,
  asked: Asked,
): Promise<RawAnswer> {
  try {
    return await send(transport, call, attempt)
  } catch (error) {
    throw translate(error, asked)
  }
}

export function withoutToken(asked: Asked, field: string): GoogleApiError {
  return new GoogleApiError(`${titleOf(asked)}: the answer holds no ${field}; is a proxy in between?`, {
    ...asked,
    status: 200,
    reason: 'emptyAnswer',
    isRetryable: false,
    problem: 'not-google',
    hint: 'Check HTTPS_PROXY, NO_PROXY and CLOUDSDK_API_ENDPOINT_OVERRIDES_… of this job.',
  })
}

export interface CredentialsFileParts {
  readonly provider: string
  readonly serviceAccount: string | undefined
  readonly universeDomain: string
  readonly endpoints: Endpoints
  readonly lifetimeSeconds: number
  /** A chain has a file of its own kind. */
  readonly delegates: readonly string[]
  readonly source: TokenSource
}

/**
 * The `external_account` file every Google client reads (https://google.aip.dev/auth/4117). It holds the
 * job's request token: a secret.
 */
export function credentialsFile(parts: CredentialsFileParts): Record<string, unknown> {
  const source = {
    type: 'external_account',
    audience: stsAudience(parts.provider, parts.universeDomain),
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: stsTokenUrl(parts.endpoints),
    credential_source: {
      url: parts.source.url,
      headers: parts.source.headers,
      format: { type: 'json', subject_token_field_name: parts.source.field },
    },
  }
  const whole = { universe_domain: parts.universeDomain, ...source }
  if (parts.serviceAccount === undefined) return whole
  const url = accountUrl(parts.endpoints, parts.serviceAccount, 'generateAccessToken')
  if (parts.delegates.length > 0)
    return {
      universe_domain: parts.universeDomain,
      type: 'impersonated_service_account',
      service_account_impersonation_url: url,
      delegates: parts.delegates.map((email) => `projects/-/serviceAccounts/${email}`),
      source_credentials: source,
    }
  return {
    ...whole,
    service_account_impersonation_url: url,
    // Clients refuse less than ten minutes.
    ...(parts.lifetimeSeconds === 3600
      ? {}
      : { service_account_impersonation: { token_lifetime_seconds: Math.max(600, parts.lifetimeSeconds) } }),
  }
}

export function stsAudience(provider: string, universeDomain: string): string {
  return `//iam.${universeDomain}/${provider}`
}
export function stsTokenUrl(endpoints: Endpoints): string {
  return `${endpoints.root('sts')}/v1/token`
}
/** The account was checked by inputs.ts; the whole URL stands in the credentials file, too. */
export function accountUrl(
  endpoints: Endpoints,
  serviceAccount: string,
  verb: 'generateAccessToken' | 'generateIdToken' | 'signJwt',
): string {
  return `${endpoints.root('iamcredentials')}/v1/projects/-/serviceAccounts/${serviceAccount}:${verb}`
}
