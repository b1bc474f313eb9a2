/**
 * An auth client of another account than the job's: its tokens are asked for with the job's own credentials. It
 * refuses to be more than one step of a chain; longer ones are the auth action's.
 */
import type { AuthClient } from 'google-auth-library'
import type { Endpoints } from './endpoints.ts'
import { stsTokenUrl, withoutToken } from './federation.ts'
import { JobIdentity } from './job-identity.ts'
import { apiPath, type GoogleRequest } from './request.ts'

const CLOUD_PLATFORM = 'https://www.googleapis.com/auth/cloud-platform'

/** The job's own account must be its token creator. */
export function openImpersonated(
  ask: GoogleRequest,
  account: string,
  endpoints: Endpoints,
  universeDomain: string,
): AuthClient {
  return new JobIdentity({
    audience: `//iam.${universeDomain}/${account}`,
    tokenUrl: stsTokenUrl(endpoints),
    universeDomain,
    renew: async () => {
      const { accessToken, expireTime } = await ask<{ accessToken?: string; expireTime?: string }>({
        api: 'iamcredentials',
        verb: 'POST',
        path: apiPath`/v1/projects/-/serviceAccounts/${account}:generateAccessToken`,
        json: { scope: [CLOUD_PLATFORM], lifetime: '3600s' },
        method: 'iamcredentials.generateAccessToken',
        resource: account,
        isRepeatable: true,
      })
      if (!accessToken)
        throw withoutToken({ method: 'iamcredentials.generateAccessToken', resource: account }, 'accessToken')
      const expiresAtMs = Date.parse(String(expireTime))
      return { value: accessToken, expiresAtMs: Number.isNaN(expiresAtMs) ? undefined : expiresAtMs }
    },
  })
}
