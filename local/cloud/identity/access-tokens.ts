/**
 * Opaque bearer tokens and what they stand for. Only their hashes reach the disk, so a restart keeps them
 * valid and a stolen state gives none away.
 */
import { createHash, randomBytes } from 'node:crypto'
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import type { Principal } from '../kernel.ts'
import { writePrivateFile } from './durable-file.ts'

export interface TokenRecord {
  readonly hash: string
  readonly principal: Principal
  readonly expiresMs: number
  readonly scopes: readonly string[]
}

export interface AccessTokens {
  issue(principal: Principal, expiresMs: number, scopes: readonly string[]): string
  /** The record, expired or not; undefined for a token never issued here. */
  find(token: string): TokenRecord | undefined
}

const keepExpiredMs = 60 * 60 * 1000

export function createAccessTokens(file: string, now: () => number): AccessTokens {
  const records = new Map<string, TokenRecord>()
  for (const line of existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []) {
    const record = parseLine(line)
    if (record && record.expiresMs > now() - keepExpiredMs) records.set(record.hash, record)
  }
  writePrivateFile(file, [...records.values()].map((record) => `${JSON.stringify(record)}\n`).join(''))
  return {
    issue(principal, expiresMs, scopes) {
      const token = `ya29.${randomBytes(96).toString('base64url')}`
      const record = { hash: hashOf(token), principal, expiresMs, scopes }
      appendFileSync(file, `${JSON.stringify(record)}\n`)
      records.set(record.hash, record)
      if (records.size % 1000 === 0)
        for (const [hash, { expiresMs: end }] of records)
          if (end < now() - keepExpiredMs) records.delete(hash)
      return token
    },
    find: (token) => records.get(hashOf(token)),
  }
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url')
}

/** The last line may be cut by a crash; its token was never handed out. */
function parseLine(line: string): TokenRecord | undefined {
  try {
    return line === '' ? undefined : (JSON.parse(line) as TokenRecord)
  } catch {
    return undefined
  }
}
