/**
 * Looks at everything a run depends on: the dbt project, the dbt that is there, the pull request, the state the
 * main branch left, and what the commands would do. It refuses a folder that is no project, and builds nothing.
 */
import { mkdtemp } from 'node:fs/promises'
import path from 'node:path'
import { readWholeCommit } from '../../_shared/commit.ts'
import { InputError } from '../../_shared/errors.ts'
import { listDatasets, type Dataset, type Labels } from '../../_shared/google/bigquery-datasets.ts'
import type { Google } from '../../_shared/google/connect.ts'
import { insideWorkspace } from '../../_shared/local-folder.ts'
import type { Runner } from '../../_shared/run.ts'
import { readEvent, type RunEvent } from '../../_shared/runner/event.ts'
import { chooseDbt, type InstallStep } from './dbt-choice.ts'
import type { Inputs } from './inputs.ts'
import { install, keptFolder } from './install.ts'
import { findKept, putBack } from './package-cache.ts'
import { isPlainDeps, readPackages, settle, type Packages, type Settled } from './packages.ts'
import { readLock } from './lock.ts'
import { preview, type Preview } from './preview.ts'
import { jobPlace, renderProfiles } from './profile.ts'
import { readProject, type DbtProject } from './project.ts'
import { datasetOf, isOfPullRequest, labelsOf } from './pull-request.ts'
import { findInstalled, findOnPath } from './python.ts'
import { readCommit, readState, roleOf, type Commit, type KeptState, type StateRole } from './state.ts'
import { digestOfSources } from './sources.ts'
import { lacksState, withState } from './verbs.ts'

export interface ObservedState extends StateRole {
  readonly kept?: KeptState
  readonly commit?: Commit
}
/** Datasets that bear the pull request's name, and the labels that prove they are its. */
export interface PullRequestDatasets {
  readonly number: number
  readonly base: string
  readonly proof: Labels
  readonly existing: readonly Dataset[]
}
export interface Observed {
  readonly project: DbtProject
  /** Digest of what dbt reads of it. */
  readonly sources?: string
  readonly dbt: InstallStep
  /** Of a dbt that is ready; otherwise the plan installs it. */
  readonly python?: string
  /** A folder of this run alone. */
  readonly scratch: string
  /** Of the step: dbt reads variables of its own there. */
  readonly environment: Runner['environment']
  readonly dataset: string
  readonly state?: ObservedState
  readonly pullRequest?: PullRequestDatasets
  readonly preview?: Preview
  /** Of a project whose commands install packages. */
  readonly packages?: Packages & Settled
}

const NOTHING = {
  project: { profileName: '', targetPath: '', logPath: '', commentLines: 1, notes: [] },
  dbt: { kind: 'use', target: '', reason: '', python: '', requirements: [] },
  scratch: '',
  environment: {},
} as const

export async function observe(inputs: Inputs, google: Google, runner: Runner): Promise<Observed> {
  const event = await readEvent(runner.environment)
  const pullRequest = await observePullRequest(inputs, event, google, runner)
  const dataset = pullRequest?.base ?? inputs.dataset
  // Needs neither a checkout nor a Python.
  if (inputs.pullRequest.isCleanup) return { ...NOTHING, dataset, pullRequest }
  await insideWorkspace(runner.context.workspace, inputs.projectPath || '.', 'project-dir')
  const { environment } = runner
  const project = await readProject(inputs, environment)
  const sources = await digestOfSources(inputs.projectDir, project.written ?? [], runner)
  const installed = await findInstalled(runner)
  const lock =
    inputs.requirements === '' ? undefined : await readLock(runner.context.workspace, inputs.requirements)
  const dbt = chooseDbt(inputs, installed, await findOnPath(['python3', 'python'], environment.PATH), lock)
  const scratch = await mkdtemp(path.join(runner.context.tempDir, 'run-dbt-'))
  const state = inputs.state && (await observeState(inputs, event, { scratch, project }, google, runner))
  const wanted = await readPackages(inputs, project)
  const base = keptFolder(runner)
  const content = wanted?.digest && (await findKept(base, wanted.digest))
  const packages = wanted && { ...wanted, content }
  const seen = { project, sources, dbt, scratch, environment, dataset, state, pullRequest, packages }
  const kept = state?.role === 'compare' ? state.kept : undefined
  const production = inputs.compareBytes === undefined ? undefined : kept?.directory
  const needsPreview =
    inputs.isDryRun || inputs.costs.isWanted || pullRequest !== undefined || production !== undefined
  if (!needsPreview) return { ...seen, python: dbt.kind === 'use' ? dbt.python : undefined }
  const python = dbt.kind === 'use' ? dbt.python : await install(dbt, runner)
  if (packages?.content) await putBack(packages.content, packages.folder)
  const previewed = await preview(
    {
      python,
      scratch: path.join(scratch, 'preview'),
      target: project.targetPath,
      projectId: google.projectId,
      jobs: jobPlace(inputs, google),
      profiles: renderProfiles(inputs, dataset, project.profileName, google),
    },
    {
      commands: inputs.commands
        .filter((command) => !packages?.content || !isPlainDeps(command))
        .filter((command) => state?.role !== 'compare' || kept !== undefined || !lacksState(command))
        .map((command) => withState(command, { kept, all: inputs.commands, environment })),
      around: { inputs, project },
      wantsCosts: inputs.costs.isWanted,
      production,
      before: state?.kept?.bytes ?? {},
    },
    google,
    runner,
  )
  const hasInstalled = packages && !packages.content && previewed.exitCode === 0
  const { content: fresh, note } = hasInstalled ? await settle(packages, inputs.projectDir, base) : {}
  return {
    ...seen,
    python,
    preview: previewed,
    // A dry run has shown them as what it did.
    packages: packages && {
      ...packages,
      content: packages.content ?? (inputs.isDryRun ? undefined : fresh),
      note,
    },
  }
}

/** That of the event, unless the author knows it from elsewhere. */
const numberOf = ({ pullRequest }: Inputs, event: RunEvent): number | undefined =>
  pullRequest.number ?? event.pullRequest

async function observePullRequest(
  inputs: Inputs,
  event: RunEvent,
  google: Google,
  runner: Runner,
): Promise<PullRequestDatasets | undefined> {
  const { hasOwnSchema, isCleanup } = inputs.pullRequest
  if (!hasOwnSchema && !isCleanup) return undefined
  const number = numberOf(inputs, event)
  if (number === undefined) {
    if (!isCleanup) {
      refuseOthersInProduction(inputs, event, runner)
      return undefined
    }
    throw new InputError(
      `Reading input cleanup: this run belongs to no pull request (event ${event.name || 'unknown'}), so there is nothing to clean up after; set it on pull_request, type closed, or give pull-request.`,
      { input: 'cleanup', given: 'true', accepted: 'a run of a pull request' },
    )
  }
  const base = datasetOf(inputs.dataset, number)
  const repository = runner.environment.GITHUB_REPOSITORY_ID || runner.context.repository
  const existing = await listDatasets(google, google.projectId)
  return {
    number,
    base,
    proof: labelsOf(repository, number),
    existing: existing.filter(({ datasetId }) => isOfPullRequest(datasetId, base)),
  }
}

/** Also where a run is of a request that its event does not name: what it builds nobody merged. */
function refuseOthersInProduction(inputs: Inputs, event: RunEvent, { context }: Runner): void {
  const { dataset, stateBranch } = inputs
  if (!event.isOfPullRequest && context.ref === `refs/heads/${stateBranch}`) return
  const whose = event.isOfPullRequest
    ? 'does not say which pull request it is of'
    : `is neither of a pull request nor of ${stateBranch}`
  throw new InputError(
    `Reading input schema-per-pull-request: this run (event ${event.name || 'unknown'}, ${context.ref || 'no ref'}) ${whose}, so it would build into ${dataset} itself; give pull-request, or state-branch if that is another, or leave schema-per-pull-request out where ${dataset} is meant.`,
    {
      input: 'schema-per-pull-request',
      given: 'true',
      accepted: `a run of a pull request or of ${stateBranch}`,
    },
  )
}

async function observeState(
  inputs: Inputs,
  event: RunEvent,
  { scratch, project }: Pick<Observed, 'scratch' | 'project'>,
  google: Google,
  runner: Runner,
): Promise<ObservedState | undefined> {
  const place = inputs.state
  if (place === undefined) return undefined
  const { role, why } = roleOf(
    { number: numberOf(inputs, event), isOfPullRequest: event.isOfPullRequest },
    runner.context,
    inputs.stateBranch,
    await readWholeCommit(inputs.projectDir, runner),
  )
  if (role === 'none') return { role, why }
  // The client takes longer to load than to ask.
  const { openStorage } = await import('../../_shared/google/storage.ts')
  const kept = await readState(openStorage(google), place, path.join(scratch, 'state'), project.name ?? '')
  const needsCommit = role === 'save' && !inputs.isDryRun
  return {
    role,
    kept,
    commit: needsCommit ? await readCommit(inputs.projectDir, runner, event.commit) : undefined,
  }
}
