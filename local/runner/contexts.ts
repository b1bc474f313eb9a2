/**
 * Builds what a job can see: the github, runner and strategy contexts, the event file, and the variables made
 * of them. It refuses to export the token: a step gets it only where its workflow says so.
 */
import { arch, platform } from 'node:os'
import type { Value } from './expressions.ts'
import { refOfWorkflow } from './workflow.ts'
import type { Workflow } from './workflow.ts'

/** Who runs what: the same facts feed the contexts, the variables and the OIDC claims. */
export interface RunFacts {
  readonly repository: string
  readonly repositoryId: string
  readonly repositoryOwner: string
  readonly repositoryOwnerId: string
  readonly actor: string
  readonly actorId: string
  readonly sha: string
  readonly ref: string
  readonly eventName: string
  /** Branches of a pull request, else empty. */
  readonly headRef: string
  readonly baseRef: string
  readonly workflowName: string
  readonly workflowFile: string
  readonly runId: string
  readonly runNumber: string
  readonly runAttempt: string
}

export interface JobPlaces {
  readonly root: string
  readonly workspace: string
  readonly temp: string
  /** Where actions of `$/` and OWNER/REPO are unpacked. */
  readonly actions: string
  readonly home: string
  readonly toolCache: string
  readonly eventFile: string
}

const serverUrl = 'https://github.com'
/** Where an expression is evaluated before its job has a token. */
const noGitHub = { url: 'https://api.github.com', token: '' }
const refName = (ref: string): string => ref.replace(/^refs\/(heads|tags|pull)\//, '')
const refType = (ref: string): string => (ref.startsWith('refs/tags/') ? 'tag' : 'branch')
const workflowRef = (facts: RunFacts): string => `${facts.repository}/${facts.workflowFile}@${facts.ref}`

export const githubContext = (
  facts: RunFacts,
  jobId: string,
  places: JobPlaces,
  event: Value,
  github: { readonly url: string; readonly token: string } = noGitHub,
): Record<string, Value> => ({
  token: github.token,
  job: jobId,
  ref: facts.ref,
  sha: facts.sha,
  repository: facts.repository,
  repository_owner: facts.repositoryOwner,
  repository_id: facts.repositoryId,
  repository_owner_id: facts.repositoryOwnerId,
  repositoryUrl: `git://github.com/${facts.repository}.git`,
  run_id: facts.runId,
  run_number: facts.runNumber,
  run_attempt: facts.runAttempt,
  retention_days: '90',
  secret_source: 'Actions',
  actor: facts.actor,
  actor_id: facts.actorId,
  triggering_actor: facts.actor,
  workflow: facts.workflowName,
  workflow_ref: workflowRef(facts),
  workflow_sha: facts.sha,
  head_ref: facts.headRef,
  base_ref: facts.baseRef,
  event_name: facts.eventName,
  event,
  event_path: places.eventFile,
  ref_name: refName(facts.ref),
  ref_protected: false,
  ref_type: refType(facts.ref),
  server_url: serverUrl,
  api_url: github.url,
  graphql_url: `${github.url}/graphql`,
  workspace: places.workspace,
})

const operatingSystem: Readonly<Record<string, string>> = {
  linux: 'Linux',
  darwin: 'macOS',
  win32: 'Windows',
}
const architecture: Readonly<Record<string, string>> = { x64: 'X64', arm64: 'ARM64', ia32: 'X86', arm: 'ARM' }

export const runnerContext = (places: JobPlaces, isDebug: boolean): Record<string, Value> => ({
  name: 'local',
  os: operatingSystem[platform()] ?? platform(),
  arch: architecture[arch()] ?? arch(),
  temp: places.temp,
  tool_cache: places.toolCache,
  workspace: places.workspace,
  environment: 'self-hosted',
  ...(isDebug ? { debug: '1' } : {}),
})

/**
 * The part of the `job` context that says which file the job stands in: the called one, where
 * `github.workflow_*` stays the caller's.
 */
export const jobIdentity = (workflow: Workflow): Record<string, Value> => ({
  workflow_ref: refOfWorkflow(workflow),
  workflow_sha: workflow.source.sha,
  workflow_repository: workflow.source.repository,
  workflow_file_path: workflow.path,
})

/** GitHub gives these of its context to every step, and nobody can overwrite them. */
const exported = [
  'action',
  'action_path',
  'action_ref',
  'action_repository',
  'actor',
  'actor_id',
  'api_url',
  'base_ref',
  'event_name',
  'event_path',
  'graphql_url',
  'head_ref',
  'job',
  'ref',
  'ref_name',
  'ref_protected',
  'ref_type',
  'repository',
  'repository_id',
  'repository_owner',
  'repository_owner_id',
  'retention_days',
  'run_attempt',
  'run_id',
  'run_number',
  'server_url',
  'sha',
  'triggering_actor',
  'workflow',
  'workflow_ref',
  'workflow_sha',
  'workspace',
]

export const runnerVariables = (
  github: Record<string, Value>,
  runner: Record<string, Value>,
): Record<string, string> => {
  const variables: Record<string, string> = { CI: 'true', GITHUB_ACTIONS: 'true' }
  for (const name of exported)
    if (github[name] !== undefined) variables[`GITHUB_${name.toUpperCase()}`] = String(github[name])
  for (const [name, value] of Object.entries(runner))
    variables[`RUNNER_${name.toUpperCase()}`] = String(value)
  return variables
}

/** Claims of the job's OIDC token, in GitHub's names. */
export const oidcClaims = (
  facts: RunFacts,
  job: { workflow: Workflow; environment?: string },
): Record<string, string> => ({
  repository: facts.repository,
  repository_id: facts.repositoryId,
  repository_owner: facts.repositoryOwner,
  repository_owner_id: facts.repositoryOwnerId,
  repository_visibility: 'private',
  ref: facts.ref,
  ref_type: refType(facts.ref),
  ref_protected: 'false',
  sha: facts.sha,
  event_name: facts.eventName,
  workflow: facts.workflowName,
  workflow_ref: workflowRef(facts),
  workflow_sha: facts.sha,
  job_workflow_ref: refOfWorkflow(job.workflow),
  job_workflow_sha: job.workflow.source.sha,
  run_id: facts.runId,
  run_number: facts.runNumber,
  run_attempt: facts.runAttempt,
  actor: facts.actor,
  actor_id: facts.actorId,
  base_ref: facts.baseRef,
  head_ref: facts.headRef,
  runner_environment: 'self-hosted',
  ...(job.environment ? { environment: job.environment } : {}),
})
