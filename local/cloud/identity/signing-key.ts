/**
 * The RS256 key of the local issuer, kept in the state so that a restart does not invalidate running jobs.
 * The private half never leaves this room.
 */
import {
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  importJWK,
  SignJWT,
  type CryptoKey,
  type JWK,
  type JWTPayload,
} from 'jose'
import { readJsonFile, writePrivateFile } from './durable-file.ts'

export interface SigningKey {
  readonly keySet: { readonly keys: readonly JWK[] }
  sign(claims: JWTPayload): Promise<string>
}

export async function openSigningKey(file: string): Promise<SigningKey> {
  let stored = readJsonFile<JWK>(file)
  if (!stored) {
    const pair = await generateKeyPair('RS256', { modulusLength: 2048, extractable: true })
    stored = await exportJWK(pair.privateKey)
    writePrivateFile(file, JSON.stringify(stored))
  }
  const { kty, n, e } = stored
  const kid = await calculateJwkThumbprint({ kty, n, e })
  const key = (await importJWK(stored, 'RS256')) as CryptoKey
  return {
    keySet: { keys: [{ kty, n, e, alg: 'RS256', use: 'sig', kid }] },
    sign: (claims) => new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid, typ: 'JWT' }).sign(key),
  }
}
