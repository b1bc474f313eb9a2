/**
 * Google-shaped ID tokens of service accounts, signed by the local key; their keys are at `/oauth2/v3/certs`
 * of this origin.
 */
import { createHash } from 'node:crypto'
import type { Route } from '../kernel.ts'
import type { SigningKey } from './signing-key.ts'

export interface IdTokens {
  readonly routes: readonly Route[]
  issue(email: string, audience: string, includesEmail: boolean): Promise<string>
}

const lifetimeSeconds = 3600

export function createIdTokens(key: SigningKey, now: () => number): IdTokens {
  return {
    routes: [
      {
        id: 'local.google.certs',
        method: 'GET',
        path: '/oauth2/v3/certs',
        isPublic: true,
        handler: () => ({ json: key.keySet }),
      },
    ],
    issue(email, audience, includesEmail) {
      const iat = Math.floor(now() / 1000)
      const id = uniqueId(email)
      const who = includesEmail ? { email, email_verified: true } : {}
      return key.sign({
        iss: 'https://accounts.google.com',
        aud: audience,
        azp: id,
        sub: id,
        ...who,
        iat,
        exp: iat + lifetimeSeconds,
      })
    },
  }
}

/**
 * Google gives each account a 21-digit number; here it follows from the address, so that a restart keeps it.
 */
export function uniqueId(email: string): string {
  const number = BigInt(`0x${createHash('sha256').update(email).digest('hex').slice(0, 16)}`)
  return `1${String(number % 10n ** 20n).padStart(20, '0')}`
}
