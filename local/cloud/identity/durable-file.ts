/**
 * Small private files that survive kill -9: written whole beside the old one and renamed, readable by the
 * owner only.
 */
import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'

export function writePrivateFile(file: string, text: string): void {
  const draft = `${file}.${randomBytes(4).toString('hex')}.tmp`
  const handle = openSync(draft, 'wx', 0o600)
  try {
    writeSync(handle, text)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
  renameSync(draft, file)
}

export function readJsonFile<T>(file: string): T | undefined {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as T) : undefined
}

/** The secret in the file, made on first use and kept from then on. */
export function keepSecret(file: string): string {
  if (!existsSync(file)) writePrivateFile(file, randomBytes(32).toString('base64url'))
  return readFileSync(file, 'utf8').trim()
}
