/**
 * Raw strings to the Inputs of run-dbt; it refuses values that could mean something else than they say.
 */
import path from 'node:path'
import { InputError, wrongValue } from '../../_shared/errors.ts'
import { refuseOutside } from '../../_shared/local-folder.ts'
import { parseExpectedPlan } from '../../_shared/plan-inputs.ts'
import type { Inputs as RawInputs } from '../../_shared/runner/inputs.ts'
import type { RunContext } from '../../_shared/runner/context.ts'
import { parseCommands, readVars, type Command } from './commands.ts'
import type { CostLimits, Prices } from './costs.ts'
import { readPythonPlace, type PythonPlace } from './python-models.ts'
import type { StatePlace } from './state.ts'

export interface Inputs {
  /** Absolute. */
  readonly projectDir: string
  /** Relative to the workspace, forward slashes; for annotations. */
  readonly projectPath: string
  readonly commands: readonly Command[]
  /** '' = the project of the credentials. */
  readonly projectId: string
  readonly dataset: string
  readonly location: string
  readonly target: string
  readonly threads: number
  /** YAML, as written. */
  readonly vars: string
  /** A lock of the user's own, as given; '' = the one that ships with the action. */
  readonly requirements: string
  readonly coreVersion: string
  readonly adapterVersion: string
  readonly warehouse: WarehouseInputs
  /** Whose rights dbt's queries and this action's own requests have; '' = the job's account. */
  readonly impersonate: string
  /** undefined = Python models are not run. */
  readonly python?: PythonPlace
  readonly state?: StatePlace
  readonly stateBranch: string
  readonly pullRequest: {
    readonly hasOwnSchema: boolean
    /** undefined = that of the event. */
    readonly number?: number
    readonly expiryDays: number
    /** Drop the datasets of a pull request instead of building. */
    readonly isCleanup: boolean
  }
  readonly costs: CostInputs
  /** Counts of what was built beside production's, within this many bytes per model; undefined = none. */
  readonly compareBytes?: number
  readonly allowedHosts: readonly string[]
  readonly isDryRun: boolean
  readonly expectedPlan: string
}
/** What the profile says of every query. */
export interface WarehouseInputs {
  readonly maximumBytesBilled?: number
  readonly jobTimeoutSeconds?: number
  readonly priority: 'interactive' | 'batch'
  /** '' = the project that models are built in. */
  readonly executionProject: string
}
export interface CostInputs extends CostLimits, Prices {
  /** Also without a limit. */
  readonly isWanted: boolean
}

export function parseInputs(raw: RawInputs, context: RunContext): Inputs {
  // First what every run must have: a step that lacks it is told so before anything else.
  const place = readPlace(raw)
  const isCleanup = raw.boolean('cleanup', false)
  return {
    ...readProjectPath(raw, context),
    commands: readCommands(raw, isCleanup),
    projectId: raw.text('project-id'),
    ...place,
    target: matching(
      raw.text('target', 'ci'),
      'target',
      /^\w[\w-]*$/,
      'a target name (letters, digits, dashes)',
    ),
    threads: raw.integer('threads', { min: 1, max: 64, fallback: 4 }),
    vars: readVarsInput(raw.text('vars', '{}')),
    requirements: raw.text('requirements'),
    coreVersion: matching(
      raw.text('dbt-core-version', '1.11.16'),
      'dbt-core-version',
      /^1\.\d+\.\d+$/,
      'an exact version such as 1.11.16; the BigQuery adapter has no dbt 2',
    ),
    adapterVersion: matching(
      raw.text('dbt-bigquery-version', '1.12.1'),
      'dbt-bigquery-version',
      /^1\.\d+\.\d+$/,
      'an exact version such as 1.12.1',
    ),
    ...readWarehouse(raw),
    python: readPythonPlace(raw),
    state: readStatePlace(raw.text('state')),
    stateBranch: matching(
      raw.text('state-branch', 'main'),
      'state-branch',
      /^[^\s~^:?*[\\]+$/,
      "a branch's name",
    ),
    pullRequest: {
      hasOwnSchema: raw.boolean('schema-per-pull-request', false),
      number: raw.optionalInteger('pull-request', { min: 1, max: 9_999_999_999 }),
      expiryDays: raw.integer('pull-request-expiry-days', { min: 1, max: 365, fallback: 14 }),
      isCleanup,
    },
    costs: readCosts(raw),
    compareBytes: readCompare(raw),
    allowedHosts: raw.lines('allow-endpoint-hosts'),
    isDryRun: raw.boolean('dry-run', false),
    expectedPlan: parseExpectedPlan(raw),
  }
}

function readPlace(raw: RawInputs): { readonly dataset: string; readonly location: string } {
  return {
    dataset: matching(
      raw.required('dataset'),
      'dataset',
      /^\w{1,1024}$/,
      'a dataset name (letters, digits, underscores; its project goes into project-id)',
    ),
    location: matching(
      raw.required('location'),
      'location',
      /^[A-Za-z]+(-[a-z]+\d+)?$/,
      'a BigQuery location such as EU or us-central1',
    ),
  }
}

/** Not needed by a cleanup, which runs none. */
function readCommands(raw: RawInputs, isCleanup: boolean): Command[] {
  const commands = parseCommands(isCleanup ? raw.text('commands') : raw.required('commands'))
  if (commands.length > 0 || isCleanup) return commands
  throw new InputError('Reading input commands: it holds comments only; write a dbt command per line.', {
    input: 'commands',
    given: '',
    accepted: 'a dbt command per line',
    problem: 'missing-input',
  })
}

function readProjectPath(
  raw: RawInputs,
  context: RunContext,
): { readonly projectDir: string; readonly projectPath: string } {
  const given = raw.text('project-dir', 'dbt')
  const projectDir = path.resolve(context.workspace, given)
  const fromWorkspace = path.relative(context.workspace, projectDir)
  refuseOutside(fromWorkspace, given, 'project-dir')
  return { projectDir, projectPath: fromWorkspace.split(path.sep).join('/') }
}

function readWarehouse(raw: RawInputs): Pick<Inputs, 'warehouse' | 'impersonate'> {
  const orEmpty = (name: string, pattern: RegExp, accepted: string): string => {
    const given = raw.text(name)
    return given === '' ? '' : matching(given, name, pattern, accepted)
  }
  return {
    warehouse: {
      // dbt takes 0 for no limit.
      maximumBytesBilled: raw.optionalInteger('maximum-bytes-billed', { min: 1, max: 999_999_999_999_999 }),
      jobTimeoutSeconds: raw.optionalInteger('job-timeout-seconds', { min: 1, max: 86_400 }),
      priority: raw.choice('priority', ['interactive', 'batch'], 'interactive'),
      executionProject: orEmpty('execution-project', /^[a-z0-9.:-]{4,100}$/, 'a project id'),
    },
    impersonate: orEmpty(
      'impersonate-service-account',
      /^[a-z0-9-]+@[a-z0-9.-]+\.iam\.gserviceaccount\.com$/,
      "a service account's address, NAME@PROJECT.iam.gserviceaccount.com",
    ),
  }
}

function readCosts(raw: RawInputs): CostInputs {
  const limits = {
    maxBytes: raw.optionalInteger('max-bytes', { min: 0, max: 999_999_999_999_999 }),
    maxCostUsd: raw.optionalDecimal('max-cost-usd', { min: 0, max: 1_000_000 }),
    maxIncreasePercent: raw.optionalDecimal('max-increase-percent', { min: 0, max: 100_000 }),
  }
  const { maxIncreasePercent } = limits
  if (maxIncreasePercent !== undefined && raw.text('state') === '')
    throw new InputError(
      'Reading input max-increase-percent: what ran before is known from the state of the main branch; set the input state as well.',
      {
        input: 'max-increase-percent',
        given: `${maxIncreasePercent}`,
        accepted: 'a limit together with state',
      },
    )
  const isLimited = Object.values(limits).some((limit) => limit !== undefined)
  return {
    ...limits,
    isWanted: raw.boolean('estimate', false) || isLimited,
    pricePerTib: raw.decimal('price-per-tib-usd', { min: 0, max: 1000, fallback: 6.25 }),
    runsPerMonth: raw.optionalInteger('runs-per-month', { min: 1, max: 100_000 }),
  }
}

function readCompare(raw: RawInputs): number | undefined {
  const limit = raw.integer('compare-max-bytes', {
    min: 1,
    max: 999_999_999_999_999,
    fallback: 10_000_000_000,
  })
  if (!raw.boolean('compare', false)) return undefined
  if (raw.text('state') === '')
    throw new InputError(
      'Reading input compare: production is known from the state of the main branch; set the input state as well.',
      { input: 'compare', given: 'true', accepted: 'true together with state' },
    )
  return limit
}

function readStatePlace(given: string): StatePlace | undefined {
  if (given === '') return undefined
  const match = /^gs:\/\/([a-z0-9][a-z0-9._-]{1,220}[a-z0-9])(?:\/([^\r\n]*))?$/.exec(given)
  if (match === null) throw wrongValue('state', given, 'a place such as gs://BUCKET/PREFIX')
  const prefix = (match[2] ?? '').replace(/\/+$/, '')
  return { bucket: match[1] ?? '', prefix: prefix === '' ? '' : `${prefix}/` }
}

function readVarsInput(given: string): string {
  if (readVars(given) === undefined)
    throw wrongValue('vars', given, 'a mapping of names to values as YAML or JSON, such as {day: 2026-01-31}')
  return given
}

function matching(given: string, input: string, pattern: RegExp, accepted: string): string {
  if (pattern.test(given)) return given
  throw wrongValue(input, given, accepted)
}
