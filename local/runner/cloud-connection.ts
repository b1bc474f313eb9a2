/**
 * What a run needs of the local cloud: its endpoints and an OIDC token per job. It joins a cloud by its
 * state, and refuses to print the admin token.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { clientVariables } from '../cloud/endpoint-variables.ts'

export interface CloudConnection {
  readonly origin: string
  /** Given to every job: where the cloud's services answer. */
  readonly environment: Readonly<Record<string, string>>
  /** `end` makes the request token worthless. */
  registerRun(
    claims: Readonly<Record<string, string>>,
  ): Promise<{ requestUrl: string; requestToken: string; end(): Promise<void> }>
}

/**
 * The cloud refuses tunnels and says to where: a client that ignores the endpoints above is stopped here
 * instead of reaching Google with a local token.
 */
const noWayOut = (origin: string): Record<string, string> => ({
  HTTPS_PROXY: origin,
  https_proxy: origin,
  NO_PROXY: '127.0.0.1,localhost',
  no_proxy: '127.0.0.1,localhost',
})

export const connectToCloud = (origin: string, stateDir: string, isSealed = true): CloudConnection => ({
  origin,
  environment: { ...clientVariables(origin), ...(isSealed ? noWayOut(origin) : {}) },
  async registerRun(claims) {
    const adminToken = (await readFile(join(stateDir, 'admin-token'), 'utf8')).trim()
    const headers = { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' }
    const response = await fetch(`${origin}/_local/runs`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ claims }),
    })
    if (!response.ok)
      throw new Error(
        `registering the run with the local cloud: HTTP ${response.status} ${await response.text()}`,
      )
    const { id, requestUrl, requestToken } = (await response.json()) as Record<
      'id' | 'requestUrl' | 'requestToken',
      string
    >
    return {
      requestUrl,
      requestToken,
      end: async () => {
        await fetch(`${origin}/_local/runs/${encodeURIComponent(id)}`, { method: 'DELETE', headers }).catch(
          () => undefined,
        )
      },
    }
  },
})
