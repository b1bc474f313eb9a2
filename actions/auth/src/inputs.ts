/**
 * What the author of the workflow asks of `auth`. It refuses providers and accounts that are not spelled as
 * Google spells them.
 */
import { InputError, wrongValue } from '../../_shared/errors.ts'
import type { Inputs } from '../../_shared/runner/inputs.ts'

export interface AuthInputs {
  readonly provider: string
  readonly serviceAccount: string | undefined
  readonly projectId: string | undefined
  readonly audience: string
  readonly isFileWanted: boolean
  readonly areVariablesWanted: boolean
  readonly tokenFormat: '' | 'access_token' | 'id_token'
  readonly lifetimeSeconds: number
  readonly scopes: readonly string[]
  readonly idTokenAudience: string
  readonly universeDomain: string
  readonly allowedHosts: readonly string[]
  readonly isCleanupWanted: boolean
  /** For the whole step. */
  readonly timeoutMs: number
}

const PROVIDER =
  /^projects\/\d{1,30}\/locations\/global\/workloadIdentityPools\/[a-z0-9-]{4,32}\/providers\/[a-z0-9-]{4,32}$/
const SERVICE_ACCOUNT = /^[A-Za-z0-9][A-Za-z0-9._-]*@[a-z0-9.:-]+\.gserviceaccount\.com$/
const PROJECT = /^([a-z0-9.-]{1,63}:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$/

export function parseInputs(inputs: Inputs): AuthInputs {
  const provider = inputs
    .required('workload-identity-provider')
    .replace(/^(https:)?\/\/iam\.googleapis\.com\//, '')
  if (!PROVIDER.test(provider))
    refuse(
      'workload-identity-provider',
      provider,
      'projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER (the number of the project, not its id)',
    )
  const serviceAccount = inputs.text('service-account') || undefined
  if (serviceAccount !== undefined && !SERVICE_ACCOUNT.test(serviceAccount))
    refuse('service-account', serviceAccount, 'the e-mail address of a service account')
  const projectId = inputs.text('project-id') || undefined
  if (projectId !== undefined && !PROJECT.test(projectId))
    refuse('project-id', projectId, 'a project id (6 to 30 lower-case letters, digits and hyphens)')
  const tokenFormat = inputs.choice('token-format', ['', 'access_token', 'id_token'], '')
  if (tokenFormat !== '' && serviceAccount === undefined)
    needs(`token-format ${tokenFormat}`, 'service-account', 'only a service account has such tokens')
  const idTokenAudience = inputs.text('id-token-audience')
  if (tokenFormat === 'id_token' && idTokenAudience === '')
    needs('token-format id_token', 'id-token-audience', 'an ID token is made for one audience')
  return {
    provider,
    serviceAccount,
    projectId,
    tokenFormat,
    idTokenAudience,
    audience: inputs.text('audience') || `https://iam.googleapis.com/${provider}`,
    isFileWanted: inputs.boolean('create-credentials-file', true),
    areVariablesWanted: inputs.boolean('export-environment-variables', true),
    lifetimeSeconds: inputs.integer('access-token-lifetime', { min: 600, max: 43_200, fallback: 3600 }),
    scopes: inputs.list('access-token-scopes', 'https://www.googleapis.com/auth/cloud-platform'),
    universeDomain: inputs.text('universe-domain', 'googleapis.com'),
    allowedHosts: inputs.lines('allow-endpoint-hosts'),
    isCleanupWanted: inputs.boolean('cleanup-credentials', true),
    timeoutMs: inputs.integer('timeout-seconds', { min: 5, max: 3600, fallback: 120 }) * 1000,
  }
}

function refuse(input: string, given: string, accepted: string): never {
  throw wrongValue(input, given, accepted)
}

function needs(what: string, input: string, why: string): never {
  throw new InputError(
    `Reading input ${input}: ${what} needs it (${why}); add "${input}:" to the step's "with".`,
    { input, given: '', accepted: 'a non-empty value', problem: 'missing-input' },
  )
}
