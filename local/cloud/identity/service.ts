/** INTERIM while tokens are written next: opaque tokens in memory. */
import { randomBytes } from 'node:crypto'
import { expiredCredentials, invalidCredentials, missingCredentials } from '../error-reply.ts'
import type { Principal, Service, ServiceContext } from '../kernel.ts'

export interface IdentityService extends Service {
  /** Throws Google's 401 when the header is missing, malformed, unknown or expired. */
  authenticate(authorization: string | undefined): Principal
  mintAccessToken(serviceAccountEmail: string, lifetimeSeconds?: number): string
  principalOf(serviceAccountEmail: string): Principal
  openMetadataServer(serviceAccountEmail: string): Promise<{ host: string; close(): Promise<void> }>
  clientEnvironment(): Readonly<Record<string, string>>
  credentialFiles(): Readonly<Record<string, string>>
}

export async function createIdentity(context: ServiceContext, _config: { stateRoot: string }): Promise<IdentityService> {
  const tokens = new Map<string, { email: string; expiresMs: number }>()
  const principalOf = (email: string): Principal => ({ member: `serviceAccount:${email}`, email, memberSets: [] })
  return {
    name: 'identity', errorStyle: 'rpc', routes: [], principalOf,
    authenticate(authorization) {
      if (!authorization) throw missingCredentials()
      const token = tokens.get(/^Bearer (\S+)$/i.exec(authorization)?.[1] ?? '')
      if (!token) throw invalidCredentials()
      if (token.expiresMs <= context.now()) throw expiredCredentials()
      return principalOf(token.email)
    },
    mintAccessToken(email, lifetimeSeconds = 3600) {
      const token = `ya29.${randomBytes(32).toString('base64url')}`
      tokens.set(token, { email, expiresMs: context.now() + lifetimeSeconds * 1000 })
      return token
    },
    openMetadataServer() { throw new Error('written next') },
    clientEnvironment: () => ({}),
    credentialFiles: () => ({}),
  }
}
