/**
 * Who is calling: composes issuer, token exchange, impersonation, metadata and personas. It refuses accounts
 * and providers the two files do not name.
 */
import { join } from 'node:path'
import { expiredCredentials, invalidCredentials, missingCredentials } from '../error-reply.ts'
import type { Principal, Service, ServiceContext } from '../kernel.ts'
import { createAccessTokens } from './access-tokens.ts'
import type { AccessFile } from './access-file.ts'
import { keepSecret } from './durable-file.ts'
import { createProvider } from './federation.ts'
import { githubIssuerRoutes } from '../../github/oidc/issuer.ts'
import { bearer } from '../bearer.ts'
import { iamCredentialsRoutes } from './iam-credentials.ts'
import { createIdTokens } from './id-tokens.ts'
import { openMetadataServer } from './metadata-server.ts'
import { createPersonas } from './personas.ts'
import { createRuns } from '../../github/oidc/runs.ts'
import { cloudPlatform } from './scopes.ts'
import { openSigningKey } from './signing-key.ts'
import { tokenExchangeRoute } from './token-exchange.ts'

export interface IdentityService extends Service {
  /** Throws Google's 401 when the header is missing, malformed, unknown or expired. */
  authenticate(authorization: string | undefined): Principal
  mintAccessToken(serviceAccountEmail: string, lifetimeSeconds?: number): string
  principalOf(serviceAccountEmail: string): Principal
  openMetadataServer(serviceAccountEmail: string): Promise<{ host: string; close(): Promise<void> }>
  /** Persona or CI identity → its credentials file. */
  credentialFiles(): Readonly<Record<string, string>>
  /** What points official clients at this origin as a persona (default: the data engineer). */
  clientEnvironment(persona?: string): Readonly<Record<string, string>>
  /** Bearer of `/_local/…`; also in `<state>/admin-token`. */
  readonly adminToken: string
}
export interface IdentityConfig {
  readonly accessFile: AccessFile
  /** The cloud's own state: admin-token and credentials/ are for people and lie there. */
  readonly stateRoot: string
}

export async function createIdentity(
  context: ServiceContext,
  { accessFile, stateRoot }: IdentityConfig,
): Promise<IdentityService> {
  const { origin, environment, access, now, stateDir } = context
  const tokens = createAccessTokens(join(stateDir, 'access-tokens.ndjson'), now)
  const runs = createRuns(join(stateDir, 'runs.json'), now)
  const key = await openSigningKey(join(stateDir, 'signing-key.json'))
  const idTokens = createIdTokens(key, now)
  const adminToken = keepSecret(join(stateRoot, 'admin-token'))
  const accounts = Object.values(environment.serviceAccounts)
  const personas = createPersonas({
    origin,
    environment,
    key,
    now,
    secret: keepSecret(join(stateDir, 'persona-secret')),
    directory: join(stateRoot, 'credentials'),
    accounts: Object.fromEntries(
      Object.entries(accessFile.identities).map(([name, { email }]) => [name, email]),
    ),
  })
  const github = {
    ...accessFile.provider,
    projectNumber: environment.projectNumber,
    issuer: `${origin}/_github`,
    keySet: { keys: [...key.keySet.keys] },
  }
  const providers = [createProvider(github, now), createProvider(personas.provider, now)]
  const metadataServers = new Set<{ close(): Promise<void> }>()

  const principalOf = (email: string): Principal => {
    if (!accounts.includes(email)) throw new Error(`environment.yaml has no service account ${email}`)
    return { member: `serviceAccount:${email}`, email, memberSets: [] }
  }
  const mint = (email: string, lifetimeSeconds = 3600) => {
    const expiresMs = now() + lifetimeSeconds * 1000
    return { token: tokens.issue(principalOf(email), expiresMs, [cloudPlatform]), expiresMs }
  }
  return {
    name: 'identity',
    errorStyle: 'rpc',
    adminToken,
    principalOf,
    routes: [
      ...githubIssuerRoutes({ origin, key, runs, adminToken, now }),
      ...personas.routes,
      ...idTokens.routes,
      tokenExchangeRoute(providers, tokens, now),
      ...iamCredentialsRoutes({
        project: environment.project,
        accounts,
        access,
        tokens,
        idTokens,
        principalOf,
        isOwnAccount: personas.isOwnAccount,
        now,
      }),
    ],
    authenticate(authorization) {
      if (!authorization) throw missingCredentials()
      const record = tokens.find(bearer(authorization))
      if (!record) throw invalidCredentials()
      if (record.expiresMs <= now()) throw expiredCredentials()
      return { ...record.principal, scopes: record.scopes }
    },
    mintAccessToken: (email, lifetimeSeconds) => mint(email, lifetimeSeconds).token,
    async openMetadataServer(email) {
      const server = await openMetadataServer({
        email: principalOf(email).email,
        environment,
        now,
        mint: () => mint(email),
        mintIdToken: (audience) => idTokens.issue(email, audience, true),
      })
      metadataServers.add(server)
      return server
    },
    credentialFiles: () => personas.files,
    clientEnvironment: (persona = 'data-eng') => personas.environmentFor(persona),
    async close() {
      await Promise.all([...metadataServers].map((server) => server.close()))
    },
  }
}
