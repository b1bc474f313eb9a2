/** Starts a whole local cloud on a free port with its own state, for tests over real HTTP. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { startCloud, type CloudOptions, type RunningCloud } from '../../local/cloud/server.ts'

export type Persona =
  | 'ops'
  | 'data-eng'
  | 'analyst'
  | 'spark'
  | 'eraser'
  | 'composer'
  | 'dbt'
  | 'ci-plan'
  | 'ci-test'
  | 'ci-deploy'

export interface TestCloud {
  readonly cloud: RunningCloud
  readonly origin: string
  readonly stateDir: string
  /** Every line the cloud logged. */
  readonly lines: readonly string[]
  tokenFor(persona: Persona): string
  /**
   * `path` is relative to the origin; adds the persona's bearer token. A `body` that is a plain object is
   * sent as JSON.
   */
  fetchAs(
    persona: Persona,
    path: string,
    init?: Omit<RequestInit, 'body'> & { body?: unknown },
  ): Promise<Response>
  /** Stops the cloud and removes its state unless the state was given. */
  close(): Promise<void>
}

export const repoRoot = resolve(import.meta.dirname, '../..')

export async function startTestCloud(options: Partial<CloudOptions> = {}): Promise<TestCloud> {
  const stateDir = options.stateDir ?? (await mkdtemp(join(tmpdir(), 'test cloud ')))
  const lines: string[] = []
  const cloud = await startCloud({ repoRoot, port: 0, log: (line) => lines.push(line), ...options, stateDir })
  const tokenFor = (persona: Persona): string =>
    cloud.identity.mintAccessToken(cloud.environment.serviceAccounts[persona]!)
  return {
    cloud,
    origin: cloud.origin,
    stateDir,
    lines,
    tokenFor,
    fetchAs(persona, path, init = {}) {
      const headers = new Headers(init.headers)
      headers.set('authorization', `Bearer ${tokenFor(persona)}`)
      let body = init.body as RequestInit['body']
      if (isPlainObject(init.body)) {
        body = JSON.stringify(init.body)
        if (!headers.has('content-type')) headers.set('content-type', 'application/json')
      }
      return fetch(new URL(path, cloud.origin), { ...init, headers, body })
    },
    async close() {
      await cloud.close()
      if (!options.stateDir) await rm(stateDir, { recursive: true, force: true })
    },
  }
}

function isPlainObject(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    (Object.getPrototypeOf(value) === Object.prototype || Array.isArray(value))
  )
}
