/**
 * A job on the local cloud whose auth step has run: what later steps of a workflow find in their environment.
 * It refuses shortcuts: the whole federation chain is used.
 */
import type { TestCloud } from './cloud.ts'
import { openJob, runBundle, type Job, type RunResult } from './runner.ts'
import { providerName, registerRun } from './workflow-run.ts'

export interface SignedInJob extends Job {
  /** For the `env` of later steps: endpoint overrides, credentials, project. */
  readonly env: Readonly<Record<string, string>>
  readonly auth: RunResult
}

export function overridesFor(origin: string): Record<string, string> {
  return Object.fromEntries(
    ['STS', 'IAMCREDENTIALS', 'STORAGE', 'BIGQUERY', 'DATAPROC', 'COMPOSER'].map((api) => [
      `CLOUDSDK_API_ENDPOINT_OVERRIDES_${api}`,
      `${origin}/`,
    ]),
  )
}

/** The variables of a job that may have OIDC tokens. */
export async function oidcVariables(
  cloud: TestCloud,
  claims: Record<string, unknown> = {},
): Promise<Record<string, string>> {
  const run = await registerRun(cloud, claims)
  return { ACTIONS_ID_TOKEN_REQUEST_URL: run.requestUrl, ACTIONS_ID_TOKEN_REQUEST_TOKEN: run.requestToken }
}

export async function signIn(cloud: TestCloud, account = 'ci-deploy'): Promise<SignedInJob> {
  const job = await openJob()
  const env = { ...overridesFor(cloud.origin), ...(await oidcVariables(cloud)) }
  const auth = await runBundle('auth', {
    job,
    env,
    with: {
      'workload-identity-provider': providerName,
      // None: direct Workload Identity Federation.
      ...(account === ''
        ? { 'project-id': 'caec-local' }
        : {
            'service-account': `caec-${account}@caec-local.iam.gserviceaccount.com`,
          }),
    },
  })
  if (auth.exitCode !== 0) throw new Error(`the auth step failed: ${auth.log}`)
  return { ...job, auth, env: { ...env, ...auth.exported } }
}
