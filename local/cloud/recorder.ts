/**
 * Writes what went over the wire to NDJSON files for the contract with Google. Long arrays and texts are
 * shortened, secrets replaced; content of objects is never in it.
 */
import { randomBytes } from 'node:crypto'
import { appendFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Exchange } from './gateway.ts'

const arrayLimit = 50
const textLimit = 4096
const secretName = /token|assertion|secret|password|credential|private|signature|upload_id/i

/** One file per process, appended whole lines at a time, so that a killed process leaves a readable file. */
export function createRecorder(dir: string): (exchange: Exchange) => void {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const file = join(dir, `${process.pid}-${randomBytes(4).toString('hex')}.ndjson`)
  return (exchange) => {
    if (exchange.id.startsWith('local.')) return // not Google's, and its answers are tokens
    const line = {
      ...exchange,
      url: withoutSecrets(exchange.url),
      requestJson: shorten(exchange.requestJson),
      replyJson: shorten(exchange.replyJson),
    }
    appendFileSync(file, `${JSON.stringify(line)}\n`, { mode: 0o600 })
  }
}

export function shorten(value: unknown): unknown {
  if (typeof value === 'string') return value.length > textLimit ? value.slice(0, textLimit) : value
  if (Array.isArray(value)) return value.slice(0, arrayLimit).map(shorten)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      typeof item === 'string' && secretName.test(name) ? 'REDACTED' : shorten(item),
    ]),
  )
}

function withoutSecrets(url: string): string {
  return url.replace(/([?&])([^=&]+)=([^&]*)/g, (whole, start: string, name: string) =>
    secretName.test(name) && name !== 'pageToken' ? `${start}${name}=REDACTED` : whole,
  )
}
