/**
 * Registered workflow runs: who may ask the issuer for a token, and as what. Request tokens are kept as
 * hashes; an ended run gets nothing.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { readJsonFile, writePrivateFile } from '../../cloud/identity/durable-file.ts'
import type { RunClaims } from './claims.ts'

export interface Run {
  readonly id: string
  readonly requestTokenHash: string
  readonly claims: RunClaims
  readonly hasImmutableSubject: boolean
  readonly startedMs: number
}

export interface Runs {
  start(claims: RunClaims, hasImmutableSubject: boolean): { run: Run; requestToken: string }
  /** The run whose request token this is. */
  find(id: string, requestToken: string): Run | undefined
  end(id: string): boolean
}

/** GitHub ends a self-hosted job after five days. */
const longestRunMs = 5 * 24 * 60 * 60 * 1000

export function createRuns(file: string, now: () => number): Runs {
  const isLive = (run: Run) => run.startedMs > now() - longestRunMs
  const runs = new Map((readJsonFile<Run[]>(file) ?? []).filter(isLive).map((run) => [run.id, run]))
  const save = () => writePrivateFile(file, JSON.stringify([...runs.values()]))
  return {
    start(claims, hasImmutableSubject) {
      const requestToken = randomBytes(32).toString('base64url')
      const run = {
        id: randomBytes(12).toString('hex'),
        requestTokenHash: hashOf(requestToken),
        claims,
        hasImmutableSubject,
        startedMs: now(),
      }
      runs.set(run.id, run)
      save()
      return { run, requestToken }
    },
    find(id, requestToken) {
      const run = runs.get(id)
      return run &&
        isLive(run) &&
        timingSafeEqual(Buffer.from(hashOf(requestToken)), Buffer.from(run.requestTokenHash))
        ? run
        : undefined
    },
    end(id) {
      const isKnown = runs.delete(id)
      if (isKnown) save()
      return isKnown
    },
  }
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url')
}
