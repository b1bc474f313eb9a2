/**
 * Credentials files for people on this machine: each runs the whole federation chain, through a pool that
 * exists here only. It refuses strangers' secrets.
 */
import { createHmac } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { clientVariables } from '../endpoint-variables.ts'
import { CloudError, type Environment, type Principal, type Route } from '../kernel.ts'
import { writePrivateFile } from './durable-file.ts'
import type { ProviderDefinition } from './federation.ts'
import { bearer, isSameSecret } from '../bearer.ts'
import type { SigningKey } from './signing-key.ts'

export interface PersonasOptions {
  readonly origin: string
  readonly environment: Environment
  readonly accounts: Readonly<Record<string, string>>
  readonly directory: string
  readonly secret: string
  readonly key: SigningKey
  readonly now: () => number
}
export interface Personas {
  readonly routes: readonly Route[]
  readonly provider: ProviderDefinition
  readonly files: Readonly<Record<string, string>>
  isOwnAccount(principal: Principal, email: string): boolean
  /** What makes official clients talk to this origin as the given persona. */
  environmentFor(persona: string): Readonly<Record<string, string>>
}

const pool = 'local-personas'

export function createPersonas({
  origin,
  environment,
  accounts,
  directory,
  secret,
  key,
  now,
}: PersonasOptions): Personas {
  const issuer = `${origin}/_local/personas`
  const audience = `//iam.googleapis.com/projects/${environment.projectNumber}/locations/global/workloadIdentityPools/${pool}/providers/local`
  const secretOf = (name: string) => createHmac('sha256', secret).update(name).digest('base64url')
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const files = Object.fromEntries(
    Object.entries(accounts).map(([name, email]) => {
      const file = join(directory, `${name}.json`)
      writePrivateFile(
        file,
        `${JSON.stringify(
          {
            type: 'external_account',
            audience,
            subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
            token_url: `${origin}/v1/token`,
            universe_domain: 'googleapis.com',
            service_account_impersonation_url: `${origin}/v1/projects/-/serviceAccounts/${email}:generateAccessToken`,
            credential_source: {
              url: `${issuer}/${name}/token`,
              headers: { Authorization: `Bearer ${secretOf(name)}` },
              format: { type: 'json', subject_token_field_name: 'value' },
            },
          },
          null,
          2,
        )}\n`,
      )
      return [name, file]
    }),
  )
  return {
    files,
    provider: {
      projectNumber: environment.projectNumber,
      pool,
      provider: 'local',
      isDisabled: false,
      issuer,
      keySet: { keys: [...key.keySet.keys] },
      allowedAudiences: [],
      attributeMapping: { 'google.subject': 'assertion.sub' },
    },
    routes: [
      {
        id: 'local.personas.token',
        method: 'GET',
        path: '/_local/personas/{name}/token',
        isPublic: true,
        handler: async ({ params, headers }) => {
          const name = params.name!
          if (!Object.hasOwn(accounts, name) || !isSameSecret(bearer(headers.authorization), secretOf(name)))
            throw new CloudError(401, 'authError', 'The secret of this persona is required.')
          const iat = Math.floor(now() / 1000)
          return {
            headers: { 'cache-control': 'no-store' },
            json: { value: await key.sign({ iss: issuer, aud: audience, sub: name, iat, exp: iat + 300 }) },
          }
        },
      },
    ],
    isOwnAccount: ({ member }, email) =>
      Object.entries(accounts).some(
        ([name, account]) =>
          account === email &&
          member ===
            `principal://iam.googleapis.com/projects/${environment.projectNumber}/locations/global/workloadIdentityPools/${pool}/subject/${name}`,
      ),
    environmentFor: (persona) => ({
      GOOGLE_APPLICATION_CREDENTIALS: files[persona]!,
      CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE: files[persona]!,
      GOOGLE_CLOUD_PROJECT: environment.project,
      CLOUDSDK_CORE_PROJECT: environment.project,
      ...clientVariables(origin),
    }),
  }
}
