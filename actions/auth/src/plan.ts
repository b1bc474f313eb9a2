/**
 * Decides what `auth` leaves behind: which tokens, which file, which variables. It refuses projects that the
 * author did not allow.
 */
import { RefusedError } from '../../_shared/errors.ts'
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
  | (Step & { readonly kind: 'user-token'; readonly subject: string })
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
  observed: { readonly projectOfAccount: string | undefined; readonly existingPath?: string },
): AuthPlan {
  const projectId = inputs.projectId ?? observed.projectOfAccount
  checkProjects(inputs.allowedProjects, inputs.projectId, observed.projectOfAccount)
  const { serviceAccount, name } = inputs
  const steps: AuthStep[] = [
    { kind: 'exchange', target: inputs.provider, reason: 'proves that the provider accepts this job' },
  ]
  if (serviceAccount !== undefined) {
    const isOutput = inputs.tokenFormat === 'access_token' && inputs.subject === undefined
    steps.push({
      kind: 'access-token',
      target: serviceAccount,
      lifetimeSeconds: inputs.lifetimeSeconds,
      scopes: inputs.scopes,
      isOutput,
      reason: isOutput ? 'asked for by token-format' : 'proves that this job may act as the service account',
    })
    if (inputs.subject !== undefined)
      steps.push({
        kind: 'user-token',
        target: serviceAccount,
        subject: inputs.subject,
        reason: 'asked for by access-token-subject',
      })
    if (inputs.tokenFormat === 'id_token')
      steps.push({
        kind: 'id-token',
        target: serviceAccount,
        audience: inputs.idTokenAudience,
        reason: 'asked for by token-format',
      })
  }
  const isReused = observed.existingPath !== undefined
  if (inputs.isFileWanted && !isReused)
    steps.push({
      kind: 'credentials-file',
      target: 'credentials file',
      reason: 'later steps renew their tokens with it',
    })
  if (inputs.areVariablesWanted && projectId !== undefined)
    steps.push({
      kind: 'export-project',
      target: projectId,
      variables: name === '' ? PROJECT_VARIABLES : [variableOf('GOOGLE_CLOUD_PROJECT', name)],
      reason: inputs.projectId ? 'given as project-id' : 'the project of the service account',
    })
  if (inputs.areVariablesWanted && inputs.isFileWanted && !isReused)
    steps.push({
      kind: 'export-credentials',
      target: 'credentials file',
      variables: name === '' ? CREDENTIALS_VARIABLES : [variableOf('GOOGLE_APPLICATION_CREDENTIALS', name)],
      reason:
        name === ''
          ? 'Application Default Credentials of later steps'
          : 'for the steps that ask for this name',
    })
  return {
    target: { provider: inputs.provider },
    owner: inputs.serviceAccount ?? '',
    steps,
    projectId,
  }
}

/** `reader-eu` → `GOOGLE_APPLICATION_CREDENTIALS_READER_EU`. */
function variableOf(variable: string, name: string): string {
  return `${variable}_${name.toUpperCase().replaceAll('-', '_')}`
}

/** A step that meant dev must not reach prod because a variable was mixed up. */
function checkProjects(
  allowed: readonly string[],
  projectId: string | undefined,
  ofAccount: string | undefined,
): void {
  if (allowed.length === 0) return
  const found = [projectId, ofAccount].filter((project) => project !== undefined)
  const wrong = found.find((project) => !allowed.includes(project))
  if (wrong === undefined && found.length > 0) return
  throw new RefusedError(
    wrong === undefined
      ? 'Comparing with allowed-projects: neither project-id nor service-account names a project; set project-id.'
      : `Comparing with allowed-projects: ${wrong} (${wrong === projectId ? 'project-id' : 'the project of service-account'}) is not one of ${allowed.join(', ')}.`,
    {
      what: wrong ?? 'an unknown project',
      allowedBy: 'allowed-projects',
      problem: 'project-not-allowed',
      hint: 'Nothing was asked of Google. Check which environment this job belongs to; or add the project to allowed-projects.',
    },
  )
}
