/**
 * Chooses what is installed, made, run, left and dropped; it refuses costs above the limits and datasets that
 * are not the pull request's own, and runs nothing.
 */
import { spelledDollars } from '../../_shared/amounts.ts'
import type { Plan, Step } from '../../_shared/plan.ts'
import { argvOf } from './argv.ts'
import type { Command } from './commands.ts'
import { comparedIn } from './compare.ts'
import { checkCosts, dollars, type NodeCost } from './costs.ts'
import type { InstallStep } from './dbt-choice.ts'
import type { Inputs } from './inputs.ts'
import type { Observed } from './observe.ts'
import { isPlainDeps } from './packages.ts'
import { datasetsToCreate, datasetsToDrop } from './pull-request.ts'
import type { Warehouse } from './profile.ts'
import { NO_BIGFRAMES, whyNoPython } from './python-models.ts'
import { builds, isPreviewed, lacksState, withState } from './verbs.ts'

export interface CommandStep extends Step {
  /** A dry run can say of a command which nodes it would select, or nothing for those that select none. */
  readonly kind: 'command' | 'list' | 'leave-out'
  readonly command: Command
  readonly argv: readonly string[]
}
export interface PlainStep extends Step {
  /** `build` and `test` are what the commands do: shown, not carried out one by one. */
  readonly kind:
    | 'build'
    | 'test'
    | 'compare'
    | 'python-model'
    | 'reuse-packages'
    | 'create-dataset'
    | 'drop-dataset'
    | 'leave-dataset'
    | 'save-state'
  /** What the node would read. */
  readonly bytes?: number
  /** Of a Python model that nothing can run. */
  readonly isBarred?: boolean
}
export type DbtStep = InstallStep | CommandStep | PlainStep

export interface DbtPlan extends Plan<DbtStep> {
  /** Why nothing is run although the plan is whole: it would read too much. */
  readonly costRefusal?: unknown
}

export function planRun(inputs: Inputs, observed: Observed, { projectId, endpoints }: Warehouse): DbtPlan {
  const where = {
    target: { project: projectId, dataset: observed.dataset, location: inputs.location },
    owner: '',
  }
  if (inputs.pullRequest.isCleanup) return { ...where, steps: planCleanup(observed, projectId) }
  const commands = inputs.commands.map((command) => planCommand(command, inputs, observed))
  const costs = observed.preview?.commands.flatMap((previewed) => previewed.costs) ?? []
  const steps = [
    observed.dbt,
    ...planDatasets(observed, projectId),
    ...commands,
    ...costs.map((cost) => planNode(cost, inputs)),
    ...planPython(inputs, observed, whyNoPython(inputs.python, { endpoints })),
    ...planComparison(observed),
    ...planState(inputs, observed),
  ]
  const plan = {
    ...where,
    steps,
    // Where dbt is differs from machine to machine, and a dry run only lists.
    agreedOn: {
      versions:
        observed.dbt.lock === undefined
          ? [inputs.coreVersion, inputs.adapterVersion]
          : [observed.dbt.lock.text],
      project: inputs.projectPath,
      sources: observed.sources,
      commands: inputs.commands,
      target: inputs.target,
      vars: inputs.vars,
      warehouse: inputs.warehouse,
      impersonate: inputs.impersonate,
      python: inputs.python,
      state: describeState(inputs, observed),
    },
  }
  try {
    checkCosts(costs, inputs.costs, inputs.costs)
    return plan
  } catch (costRefusal) {
    return { ...plan, costRefusal }
  }
}

/** What is compared with decides what is selected, and what a run leaves what others select. */
function describeState({ state: place }: Inputs, { state }: Observed): unknown {
  if (state === undefined || state.role === 'none') return undefined
  return {
    place,
    role: state.role,
    ...(state.role === 'compare' ? { folder: state.kept?.latest.folder } : {}),
  }
}

function planCommand(command: Command, inputs: Inputs, observed: Observed): CommandStep | PlainStep {
  const { text, verb } = command
  const { state, packages } = observed
  if (packages?.content && isPlainDeps(command))
    return {
      kind: 'reuse-packages',
      target: text,
      reason: `${packages.count === 1 ? 'one package' : `${packages.count} packages`} of package-lock.yml, kept on this machine`,
    }
  if (state?.role === 'compare' && state.kept === undefined && lacksState(command))
    return {
      kind: 'leave-out',
      target: text,
      reason: 'there is no state yet to clone from',
      command,
      argv: [],
    }
  if (inputs.isDryRun) {
    const isListed = isPreviewed(command)
    const reason =
      verb === 'deps'
        ? 'run also in a dry run: without its packages the project does not parse'
        : 'dry run: the nodes it selects'
    return {
      kind: isListed ? 'list' : 'leave-out',
      target: text,
      reason: isListed ? reason : `a dry run does not start ${verb}`,
      command,
      argv: [],
    }
  }
  const whole = withState(command, {
    kept: state?.role === 'compare' ? state.kept : undefined,
    all: inputs.commands,
    environment: observed.environment,
  })
  return {
    kind: 'command',
    target: text,
    reason: whole === command ? 'asked for' : 'asked for; compared with the state of the main branch',
    command,
    argv: argvOf(whole, { inputs, project: observed.project }),
  }
}

function planNode(cost: NodeCost, inputs: Inputs): PlainStep {
  const price = cost.bytes === undefined ? undefined : dollars(cost.bytes, inputs.costs)
  const how = cost.bytes === undefined ? `no estimate: ${cost.why ?? ''}` : cost.accuracy.toLowerCase()
  return {
    kind: cost.resourceType === 'test' ? 'test' : 'build',
    target: cost.name,
    reason: `${cost.materialized || cost.resourceType}${price === undefined ? '' : `, ${spelledDollars(price)}`} (${how})`,
    bytes: cost.bytes,
    cost: price,
  }
}

/** Listed as what they are: not a query, not estimated, run elsewhere or not at all. */
function planPython(inputs: Inputs, { preview, dbt }: Observed, whyNot: string | undefined): PlainStep[] {
  const models = new Map(
    (preview?.commands ?? []).flatMap(({ command, python }) =>
      builds(command.verb) ? python.map((model) => [model.name, model] as const) : [],
    ),
  )
  // With a dbt of the user's own nobody knows before what is installed beside it.
  const isShipped = dbt.kind === 'install' && dbt.lock === undefined
  return [...models.values()].map(({ name, isBigFrames }) => {
    const why = whyNot ?? (isBigFrames && isShipped ? NO_BIGFRAMES : undefined)
    return {
      kind: 'python-model',
      target: name,
      isBarred: why !== undefined,
      reason:
        why !== undefined
          ? `will fail: ${why}`
          : isBigFrames
            ? `a notebook of Vertex AI in ${inputs.python?.region}`
            : `a Dataproc batch in ${inputs.python?.region}, as ${inputs.python?.serviceAccount}`,
    }
  })
}

/** Columns and contracts are known before; rows and keys are counted once they are there. */
function planComparison({ preview }: Observed): PlainStep[] {
  return comparedIn(preview).map(({ name, before, after, why }) => ({
    kind: 'compare',
    target: name,
    reason:
      why ??
      (before === undefined && after === undefined
        ? 'columns as in production; rows and keys are counted when it is built'
        : 'other columns or another contract than in production'),
    before,
    after,
  }))
}

function planDatasets(observed: Observed, projectId: string): PlainStep[] {
  const { pullRequest, preview } = observed
  if (pullRequest === undefined || preview === undefined || preview.exitCode !== 0) return []
  const { base, existing, proof, number } = pullRequest
  return datasetsToCreate(preview.placed, base, projectId, existing, proof).map((datasetId) => ({
    kind: 'create-dataset',
    target: datasetId,
    reason: `of pull request ${number}; its tables expire`,
  }))
}

function planCleanup({ pullRequest }: Observed, projectId: string): PlainStep[] {
  if (pullRequest === undefined) return []
  const { ours, left } = datasetsToDrop(pullRequest.existing, pullRequest.base, pullRequest.proof)
  return [
    ...ours.map((target) => ({
      kind: 'drop-dataset' as const,
      target,
      reason: `made for pull request ${pullRequest.number}, as its labels say`,
    })),
    ...left.map((target) => ({
      kind: 'leave-dataset' as const,
      target,
      reason: `${projectId}.${target} does not carry this pull request's labels`,
    })),
  ]
}

function planState(inputs: Inputs, { state }: Observed): PlainStep[] {
  if (inputs.state === undefined || state?.role !== 'save' || inputs.isDryRun) return []
  return [
    {
      kind: 'save-state',
      target: `gs://${inputs.state.bucket}/${inputs.state.prefix}`,
      reason: 'what pull requests compare with, once all commands succeeded',
    },
  ]
}
