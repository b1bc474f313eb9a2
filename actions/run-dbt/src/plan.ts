/**
 * Chooses whether dbt is installed and with which arguments it runs; the plan is the argv. It refuses to run
 * anything.
 */
import { WorkFailedError } from '../../_shared/errors.ts'
import type { Plan, Step } from '../../_shared/plan.ts'
import type { Inputs } from './inputs.ts'
import type { Observed } from './observe.ts'

export type DbtStep =
  | (Step & {
      readonly kind: 'use' | 'install'
      readonly python: string
      readonly requirements: readonly string[]
    })
  | (Step & { readonly kind: 'command'; readonly argv: readonly string[] })
  /**
   * What a dry run can say of a command: the nodes it would select, or nothing for those that select none.
   */
  | (Step & { readonly kind: 'list' | 'leave-out'; readonly argv: readonly string[] })

export interface DbtPlan extends Plan<DbtStep> {
  readonly profiles: string
  /** Arguments of every command beside its own words. */
  readonly flags: readonly string[]
}

/** The project, and where BigQuery is when that is overridden. */
export interface Warehouse {
  readonly projectId: string
  readonly endpoints: { readonly overrides: readonly { readonly api: string; readonly root: string }[] }
}

const SELECTING = ['build', 'run', 'test', 'seed', 'snapshot', 'compile', 'list', 'ls']
/** The flags that `dbt list` shares with the selecting verbs; each takes one or more words. */
const SELECTION_FLAGS = [
  '--select',
  '-s',
  '--models',
  '-m',
  '--exclude',
  '--selector',
  '--resource-type',
  '--resource-types',
  '--exclude-resource-type',
]

export function planRun(inputs: Inputs, observed: Observed, warehouse: Warehouse): DbtPlan {
  const commands = inputs.commands.map((argv) =>
    inputs.isDryRun
      ? planListing(argv)
      : ({ kind: 'command', target: argv.join(' '), reason: 'asked for', argv } as const),
  )
  return {
    target: { project: warehouse.projectId, dataset: inputs.dataset, location: inputs.location },
    owner: '',
    steps: [planDbt(inputs, observed), ...commands],
    // Where dbt is differs from machine to machine, and a dry run only lists.
    agreedOn: {
      versions: [inputs.coreVersion, inputs.adapterVersion],
      project: inputs.projectPath,
      commands: inputs.commands,
      target: inputs.target,
      vars: inputs.vars,
      maximumBytesBilled: inputs.maximumBytesBilled,
    },
    profiles: renderProfiles(inputs, observed, warehouse),
    flags: [
      '--project-dir',
      inputs.projectDir,
      '--target',
      inputs.target,
      '--vars',
      JSON.stringify(inputs.vars),
    ],
  }
}

function planDbt(inputs: Inputs, observed: Observed): DbtStep {
  const wanted = `dbt-core ${inputs.coreVersion}, dbt-bigquery ${inputs.adapterVersion}`
  const requirements = [`dbt-core==${inputs.coreVersion}`, `dbt-bigquery==${inputs.adapterVersion}`]
  const { installed } = observed
  if (
    installed !== undefined &&
    installed.core === inputs.coreVersion &&
    installed.adapter === inputs.adapterVersion
  ) {
    return {
      kind: 'use',
      target: wanted,
      reason: 'this version is on PATH',
      python: installed.python,
      requirements,
    }
  }
  const python = installed?.python ?? observed.python
  if (python === undefined) {
    throw new WorkFailedError(
      'Looking for Python: there is none on PATH to install dbt with; add actions/setup-python before this step.',
      { problem: 'dbt-installation' },
    )
  }
  const reason =
    installed === undefined
      ? 'no dbt on PATH'
      : `on PATH is dbt-core ${installed.core} with dbt-bigquery ${installed.adapter}`
  return { kind: 'install', target: wanted, reason, python, requirements }
}

function planListing(argv: readonly string[]): DbtStep {
  const verb = argv[0] ?? ''
  const target = argv.join(' ')
  if (!SELECTING.includes(verb))
    return { kind: 'leave-out', target, reason: `a dry run does not start ${verb}`, argv }
  const types =
    { run: ['model'], test: ['test', 'unit_test'], seed: ['seed'], snapshot: ['snapshot'] }[verb] ?? []
  return {
    kind: 'list',
    target,
    reason: 'dry run: the nodes it selects',
    argv: [
      'ls',
      '--quiet',
      ...types.flatMap((type) => ['--resource-type', type]),
      ...selectionOf(argv.slice(1)),
    ],
  }
}

function selectionOf(words: readonly string[]): string[] {
  const kept: string[] = []
  let isTaking = false
  for (const word of words) {
    if (word.startsWith('-')) isTaking = SELECTION_FLAGS.includes(word.split('=')[0] ?? '')
    if (isTaking) kept.push(word)
  }
  return kept
}

/**
 * JSON is YAML: no value can break out of its quotes. Scopes leave out Drive, which dbt asks for by default.
 */
function renderProfiles(inputs: Inputs, observed: Observed, warehouse: Warehouse): string {
  const endpoint = warehouse.endpoints.overrides.find(({ api }) => api === 'bigquery')?.root
  const output = {
    type: 'bigquery',
    method: 'oauth',
    project: warehouse.projectId,
    dataset: inputs.dataset,
    location: inputs.location,
    threads: inputs.threads,
    priority: 'interactive',
    job_retries: 1,
    scopes: ['https://www.googleapis.com/auth/bigquery', 'https://www.googleapis.com/auth/cloud-platform'],
    ...(inputs.maximumBytesBilled === undefined ? {} : { maximum_bytes_billed: inputs.maximumBytesBilled }),
    ...(endpoint === undefined ? {} : { api_endpoint: endpoint }),
  }
  return JSON.stringify(
    { [observed.profileName]: { target: inputs.target, outputs: { [inputs.target]: output } } },
    null,
    2,
  )
}
