/**
 * Decides what `auth` leaves behind: which tokens, which file, which variables. It refuses token formats the
 * inputs cannot satisfy (inputs.ts did).
 */
import type { Plan, Step } from '../../_shared/plan.ts'
import type { AuthInputs } from './inputs.ts'

export type AuthStep =
  | (Step & { readonly kind: 'exchange' })
  | (Step & {
      readonly kind: 'access-token'
      readonly lifetimeSeconds: number
      readonly scopes: readonly string[]
      readonly isOutput: boolean
    })
  | (Step & { readonly kind: 'id-token'; readonly audience: string })
  | (Step & { readonly kind: 'credentials-file' })
  | (Step & { readonly kind: 'export-project'; readonly variables: readonly string[] })
  | (Step & { readonly kind: 'export-credentials'; readonly variables: readonly string[] })
export interface AuthPlan extends Plan<AuthStep> {
  readonly projectId: string | undefined
}

/** The same eight that google-github-actions/auth exports. */
export const PROJECT_VARIABLES = [
  'CLOUDSDK_CORE_PROJECT',
  'CLOUDSDK_PROJECT',
  'GCLOUD_PROJECT',
  'GCP_PROJECT',
  'GOOGLE_CLOUD_PROJECT',
] as const
export const CREDENTIALS_VARIABLES = [
  'CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE',
  'GOOGLE_APPLICATION_CREDENTIALS',
  'GOOGLE_GHA_CREDS_PATH',
] as const

export function planAuth(
  inputs: AuthInputs,
  observed: { readonly projectOfAccount: string | undefined },
): AuthPlan {
  const projectId = inputs.projectId ?? observed.projectOfAccount
  const steps: AuthStep[] = [
    { kind: 'exchange', target: inputs.provider, reason: 'proves that the provider accepts this job' },
  ]
  if (inputs.serviceAccount !== undefined) {
    const isOutput = inputs.tokenFormat === 'access_token'
    steps.push({
      kind: 'access-token',
      target: inputs.serviceAccount,
      lifetimeSeconds: inputs.lifetimeSeconds,
      scopes: inputs.scopes,
      isOutput,
      reason: isOutput ? 'asked for by token-format' : 'proves that this job may act as the service account',
    })
  }
  if (inputs.tokenFormat === 'id_token' && inputs.serviceAccount !== undefined) {
    steps.push({
      kind: 'id-token',
      target: inputs.serviceAccount,
      audience: inputs.idTokenAudience,
      reason: 'asked for by token-format',
    })
  }
  if (inputs.isFileWanted)
    steps.push({
      kind: 'credentials-file',
      target: 'credentials file',
      reason: 'later steps renew their tokens with it',
    })
  if (inputs.areVariablesWanted && projectId !== undefined)
    steps.push({
      kind: 'export-project',
      target: projectId,
      variables: PROJECT_VARIABLES,
      reason: inputs.projectId ? 'given as project-id' : 'the project of the service account',
    })
  if (inputs.areVariablesWanted && inputs.isFileWanted)
    steps.push({
      kind: 'export-credentials',
      target: 'credentials file',
      variables: CREDENTIALS_VARIABLES,
      reason: 'Application Default Credentials of later steps',
    })
  return {
    target: { provider: inputs.provider },
    owner: inputs.serviceAccount ?? '',
    steps,
    projectId,
  }
}
