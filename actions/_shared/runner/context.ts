/**
 * What the runner tells every step about itself, from the documented GITHUB_ and RUNNER_ variables. It
 * refuses to guess what is missing.
 */
import { tmpdir } from 'node:os'

export interface RunContext {
  readonly repository: string
  /** GITHUB_REPOSITORY_ID: stays when the repository is renamed. */
  readonly repositoryId: string
  readonly repositoryOwner: string
  readonly runId: string
  readonly runAttempt: string
  readonly job: string
  /** GITHUB_ACTION: the step's id, or a name the runner gives it. */
  readonly stepId: string
  readonly sha: string
  readonly ref: string
  readonly workflow: string
  readonly actor: string
  /** Absolute; where relative inputs are resolved. */
  readonly workspace: string
  readonly tempDir: string
  /** The page of this run. */
  readonly runUrl: string
  /** Where this action's problems are reported; '' when the runner does not say. */
  readonly issuesUrl: string
  /** The page that explains every problem, at the version of this action; '' when the runner does not say. */
  readonly troubleshootingUrl: string
}

export function readContext(environment: Readonly<Record<string, string | undefined>>): RunContext {
  const of = (name: string) => environment[name] ?? ''
  const server = of('GITHUB_SERVER_URL') || 'https://github.com'
  // An action of the checkout itself (`./actions/…`) has no repository and ref of its own: it is at the
  // workflow's commit.
  const actionRepository = of('GITHUB_ACTION_REPOSITORY') || of('GITHUB_REPOSITORY')
  const actionRef = (of('GITHUB_ACTION_REPOSITORY') ? of('GITHUB_ACTION_REF') : of('GITHUB_SHA')) || 'HEAD'
  return {
    repository: of('GITHUB_REPOSITORY'),
    repositoryId: of('GITHUB_REPOSITORY_ID'),
    repositoryOwner: of('GITHUB_REPOSITORY_OWNER'),
    runId: of('GITHUB_RUN_ID'),
    runAttempt: of('GITHUB_RUN_ATTEMPT'),
    job: of('GITHUB_JOB'),
    stepId: of('GITHUB_ACTION'),
    sha: of('GITHUB_SHA'),
    ref: of('GITHUB_REF'),
    workflow: of('GITHUB_WORKFLOW'),
    actor: of('GITHUB_ACTOR'),
    workspace: of('GITHUB_WORKSPACE') || process.cwd(),
    tempDir: of('RUNNER_TEMP') || tmpdir(),
    runUrl:
      of('GITHUB_REPOSITORY') && of('GITHUB_RUN_ID')
        ? `${server}/${of('GITHUB_REPOSITORY')}/actions/runs/${of('GITHUB_RUN_ID')}`
        : '',
    issuesUrl: actionRepository ? `${server}/${actionRepository}/issues` : '',
    troubleshootingUrl: actionRepository
      ? `${server}/${actionRepository}/blob/${actionRef.split('/').map(encodeURIComponent).join('/')}/docs/troubleshooting.md`
      : '',
  }
}
