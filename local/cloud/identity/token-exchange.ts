/**
 * Google's Security Token Service: `POST /v1/token`, as RFC 8693 form or as REST JSON. It exchanges JWTs of
 * known, enabled providers and nothing else.
 */
import { CloudError, type CloudRequest, type Route } from '../kernel.ts'
import type { AccessTokens } from './access-tokens.ts'
import type { Provider } from './federation.ts'
import { readScopes } from './scopes.ts'

/** A federated token lives at most ten minutes (google-github-actions/auth, README). */
const lifetimeSeconds = 600
const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token'
const fields = [
  'grantType',
  'audience',
  'scope',
  'requestedTokenType',
  'subjectToken',
  'subjectTokenType',
  'options',
  'actorToken',
  'actorTokenType',
] as const
type Field = (typeof fields)[number]

export function tokenExchangeRoute(
  providers: readonly Provider[],
  tokens: AccessTokens,
  now: () => number,
): Route {
  return {
    id: 'sts.token',
    method: 'POST',
    path: '/v1/token',
    isPublic: true,
    errorStyle: 'oauth',
    handler: async (request) => {
      const body = await readFields(request)
      expect(body, 'grantType', ['urn:ietf:params:oauth:grant-type:token-exchange'], 'unsupported_grant_type')
      expect(body, 'requestedTokenType', [accessTokenType])
      expect(body, 'subjectTokenType', [
        'urn:ietf:params:oauth:token-type:jwt',
        'urn:ietf:params:oauth:token-type:id_token',
      ])
      if (body.get('actorToken'))
        throw new CloudError(
          501,
          'invalid_request',
          'Exchanging with an actor_token is not implemented by the local cloud.',
        )
      checkOptions(body.get('options'))
      const provider = findProvider(providers, body.get('audience') ?? '')
      const scopes = readScopes(
        (body.get('scope') ?? '').split(' ').filter(Boolean),
        (what) => new CloudError(400, 'invalid_scope', what),
      )
      const subjectToken = body.get('subjectToken')
      if (!subjectToken) throw invalid('subjectToken')
      const principal = await provider.identify(subjectToken)
      const token = tokens.issue(principal, now() + lifetimeSeconds * 1000, scopes)
      return {
        headers: { 'cache-control': 'no-store' },
        json: {
          access_token: token,
          issued_token_type: accessTokenType,
          token_type: 'Bearer',
          expires_in: lifetimeSeconds,
        },
      }
    },
  }
}

async function readFields({ headers, bytes, json }: CloudRequest): Promise<Map<Field, string>> {
  const isJson = /^application\/json\b/i.test(headers['content-type'] ?? '')
  const entries = isJson
    ? Object.entries(
        await json().catch(() => {
          throw new CloudError(400, 'invalid_request', 'Invalid JSON payload received.')
        }),
      )
    : [...new URLSearchParams((await bytes()).toString('utf8'))]
  const found = new Map<Field, string>()
  for (const [name, value] of entries) {
    const field = fields.find((known) => known === name || snake(known) === name)
    if (!field) throw new CloudError(400, 'invalid_request', `Unknown field "${name.slice(0, 100)}".`)
    if (found.has(field)) throw new CloudError(400, 'invalid_request', `Repeated field "${snake(field)}".`)
    if (typeof value !== 'string') throw invalid(field)
    found.set(field, value)
  }
  return found
}

function expect(
  body: ReadonlyMap<Field, string>,
  field: Field,
  accepted: readonly string[],
  code = 'invalid_request',
): void {
  if (!accepted.includes(body.get(field) ?? ''))
    throw new CloudError(
      400,
      code,
      `Invalid value for "${snake(field)}": expected ${accepted.map((value) => `"${value}"`).join(' or ')}.`,
    )
}

/**
 * A project to bill means nothing here; an access boundary would narrow the token, so it must not be ignored.
 */
function checkOptions(text: string | undefined): void {
  if (!text) return
  try {
    const options = JSON.parse(text) as Record<string, unknown>
    const unknown = Object.keys(options).find((name) => name !== 'userProject')
    if (unknown === undefined) return
    throw new CloudError(
      501,
      'invalid_request',
      `The option '${unknown.slice(0, 100)}' of the token exchange is not implemented by the local cloud.`,
    )
  } catch (error) {
    throw error instanceof CloudError ? error : invalid('options')
  }
}

function findProvider(providers: readonly Provider[], audience: string): Provider {
  const name =
    /^(?:https:)?\/\/iam\.googleapis\.com\/(projects\/\d+\/locations\/global\/workloadIdentityPools\/[a-z0-9-]{4,32}\/providers\/[a-z0-9-]{4,32})$/.exec(
      audience,
    )?.[1]
  if (!name || audience.startsWith('https:')) {
    throw new CloudError(
      400,
      'invalid_request',
      'Invalid value for "audience". This value should be the full resource name of the Identity Provider. ' +
        'See https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token for the list of possible formats.',
    )
  }
  const provider = providers.find((candidate) => candidate.name === name)
  if (provider && !provider.isDisabled) return provider
  throw new CloudError(
    400,
    'invalid_target',
    'The target service indicated by the "audience" parameters is invalid. ' +
      "This might either be because the pool or provider is disabled or deleted or because it doesn't exist.",
  )
}

function invalid(field: Field): CloudError {
  return new CloudError(400, 'invalid_request', `Invalid value for "${snake(field)}".`)
}

function snake(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
