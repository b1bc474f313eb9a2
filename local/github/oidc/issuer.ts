/**
 * Stands for GitHub's OIDC issuer: discovery, keys, and a token for a registered run that shows its request
 * token. It signs for nobody else.
 */
import { randomUUID } from 'node:crypto'
import { bearer, isSameSecret } from '../../cloud/bearer.ts'
import { CloudError, type Route } from '../../cloud/kernel.ts'
import { readRunClaims, subjectOf } from './claims.ts'
import type { Runs } from './runs.ts'
import type { SigningKey } from '../../cloud/identity/signing-key.ts'

export interface GithubIssuerOptions {
  readonly origin: string
  readonly key: SigningKey
  readonly runs: Runs
  readonly adminToken: string
  readonly now: () => number
}

const lifetimeSeconds = 300

export function githubIssuerRoutes({ origin, key, runs, adminToken, now }: GithubIssuerOptions): Route[] {
  const issuer = `${origin}/_github`
  const requireAdmin = (authorization: string | undefined) => {
    if (!isSameSecret(bearer(authorization), adminToken))
      throw new CloudError(401, 'authError', 'The admin token of this local cloud is required.')
  }
  return [
    {
      id: 'local.github.discovery',
      method: 'GET',
      path: '/_github/.well-known/openid-configuration',
      isPublic: true,
      handler: () => ({ json: discovery(issuer) }),
    },
    {
      id: 'local.github.keys',
      method: 'GET',
      path: '/_github/.well-known/jwks',
      isPublic: true,
      handler: () => ({ json: key.keySet }),
    },
    {
      id: 'local.github.token',
      method: 'GET',
      path: '/_github/runs/{run}/token',
      isPublic: true,
      handler: async ({ params, headers, url }) => {
        const run = runs.find(params.run!, bearer(headers.authorization))
        if (!run)
          throw new CloudError(
            401,
            'authError',
            'The request token is not one of a registered run, or the run has ended.',
          )
        const audience =
          url.searchParams.get('audience') ?? `https://github.com/${run.claims.repository_owner}`
        if (audience.length > 256)
          throw new CloudError(400, 'invalid', 'The audience is longer than 256 characters.')
        const second = Math.floor(now() / 1000)
        const times = { iat: second, nbf: second - lifetimeSeconds, exp: second + lifetimeSeconds }
        const value = await key.sign({
          jti: randomUUID(),
          sub: subjectOf(run.claims, run.hasImmutableSubject),
          aud: audience,
          ...run.claims,
          iss: issuer,
          ...times,
        })
        return { json: { count: value.length, value }, headers: { 'cache-control': 'no-store' } }
      },
    },
    {
      id: 'local.runs.start',
      method: 'POST',
      path: '/_local/runs',
      isPublic: true,
      handler: async ({ headers, json }) => {
        requireAdmin(headers.authorization)
        const { claims, immutableSubject = true, ...rest } = await json()
        const unknown = Object.keys(rest)[0]
        if (unknown !== undefined)
          throw new CloudError(400, 'invalid', `Invalid run: unknown field '${unknown}'.`)
        if (typeof immutableSubject !== 'boolean')
          throw new CloudError(400, 'invalid', `Invalid run: 'immutableSubject' must be a boolean.`)
        const { run, requestToken } = runs.start(readRunClaims(claims), immutableSubject)
        // The query is there because clients append "&audience=…" as they do to GitHub's own address.
        return {
          json: { id: run.id, requestUrl: `${issuer}/runs/${run.id}/token?api-version=2.0`, requestToken },
        }
      },
    },
    {
      id: 'local.runs.end',
      method: 'DELETE',
      path: '/_local/runs/{run}',
      isPublic: true,
      handler: ({ headers, params }) => {
        requireAdmin(headers.authorization)
        if (!runs.end(params.run!)) throw new CloudError(404, 'notFound', 'No such run.')
        return { json: {} }
      },
    },
  ]
}

function discovery(issuer: string): Record<string, unknown> {
  return {
    issuer,
    jwks_uri: `${issuer}/.well-known/jwks`,
    subject_types_supported: ['public', 'pairwise'],
    response_types_supported: ['id_token'],
    id_token_signing_alg_values_supported: ['RS256'],
    scopes_supported: ['openid'],
  }
}
