/**
 * The claims of a workflow run's token as GitHub writes them. It refuses claims GitHub does not have and
 * values that are not text.
 */
import { CloudError } from '../../cloud/kernel.ts'

export type RunClaims = Readonly<Record<string, string>>

const required = [
  'repository',
  'repository_id',
  'repository_owner',
  'repository_owner_id',
  'ref',
  'sha',
  'event_name',
  'workflow_ref',
  'run_id',
  'actor',
  'actor_id',
] as const
/** https://docs.github.com/en/actions/reference/security/oidc#oidc-token-claims */
const optional = [
  'base_ref',
  'check_run_id',
  'enterprise',
  'enterprise_id',
  'environment',
  'environment_node_id',
  'head_ref',
  'job_workflow_ref',
  'job_workflow_sha',
  'ref_protected',
  'ref_type',
  'repository_visibility',
  'run_attempt',
  'run_number',
  'runner_environment',
  'workflow',
  'workflow_sha',
] as const

export function readRunClaims(value: unknown): RunClaims {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid('claims must be an object')
  const known = new Set<string>([...required, ...optional])
  const claims: Record<string, string> = {}
  for (const [name, claim] of Object.entries(value)) {
    if (!known.has(name)) throw invalid(`claim '${name}' is not one a run can choose`)
    if (claim === undefined || claim === null) continue
    if (typeof claim !== 'string' || claim.length > 1024)
      throw invalid(`claim '${name}' must be text of at most 1024 characters`)
    claims[name] = claim
  }
  for (const name of required) if (!claims[name]) throw invalid(`claim '${name}' is missing`)
  for (const name of ['repository_id', 'repository_owner_id', 'run_id'] as const)
    if (!/^\d{1,20}$/.test(claims[name]!)) throw invalid(`claim '${name}' must be a number as text`)
  if (!/^[\w.-]+\/[\w.-]+$/.test(claims.repository!)) throw invalid(`claim 'repository' must be OWNER/REPO`)
  return {
    base_ref: '',
    head_ref: '',
    ref_protected: 'false',
    repository_visibility: 'private',
    run_attempt: '1',
    run_number: '1',
    runner_environment: 'self-hosted',
    ref_type: claims.ref!.startsWith('refs/tags/') ? 'tag' : 'branch',
    workflow: claims.workflow_ref!.split('@')[0]!,
    workflow_sha: claims.sha!,
    job_workflow_ref: claims.workflow_ref!,
    job_workflow_sha: claims.sha!,
    ...claims,
  }
}

/** Repositories made or renamed since 2026-07-15 carry immutable ids in `sub`; older ones do not. */
export function subjectOf(claims: RunClaims, hasImmutableSubject: boolean): string {
  const [owner, repository] = claims.repository!.split('/') as [string, string]
  const name = hasImmutableSubject
    ? `${owner}@${claims.repository_owner_id}/${repository}@${claims.repository_id}`
    : `${owner}/${repository}`
  const context = claims.environment
    ? `environment:${claims.environment.replaceAll(':', '%3A')}`
    : claims.event_name === 'pull_request'
      ? 'pull_request'
      : `ref:${claims.ref}`
  return `repo:${name}:${context}`
}

function invalid(what: string): CloudError {
  return new CloudError(400, 'invalid', `Invalid run: ${what}.`)
}
