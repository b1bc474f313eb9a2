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
  readonly coreVersion: string
  readonly adapterVersion: string
  readonly maximumBytesBilled?: number
  readonly allowedHosts: readonly string[]
  readonly isDryRun: boolean
  readonly expectedPlan: string
}

export function parseInputs(raw: RawInputs, context: RunContext): Inputs {
  const commands = parseCommands(raw.required('commands'))
  if (commands.length === 0)
    throw new InputError('Reading input commands: it holds comments only; write a dbt command per line.', {
      input: 'commands',
      given: '',
      accepted: 'a dbt command per line',
      problem: 'missing-input',
    })
  return {
    ...readProjectPath(raw, context),
    commands,
    projectId: raw.text('project-id'),
    dataset: matching(
      raw.required('dataset'),
      'dataset',
      /^\w{1,1024}$/,
      'a dataset name (letters, digits, underscores)',
    ),
    location: matching(
      raw.required('location'),
      'location',
      /^[A-Za-z]+(-[a-z]+\d+)?$/,
      'a BigQuery location such as EU or us-central1',
    ),
    target: matching(
      raw.text('target', 'ci'),
      'target',
      /^\w[\w-]*$/,
      'a target name (letters, digits, dashes)',
    ),
    threads: raw.integer('threads', { min: 1, max: 64, fallback: 4 }),
    vars: readVarsInput(raw.text('vars', '{}')),
    coreVersion: matching(
      raw.text('dbt-core-version', '1.11.16'),
      'dbt-core-version',
      /^1\.\d+\.\d+$/,
      'an exact 1.x version; the BigQuery adapter has no dbt 2',
    ),
    adapterVersion: matching(
      raw.text('dbt-bigquery-version', '1.12.1'),
      'dbt-bigquery-version',
      /^1\.\d+\.\d+$/,
      'an exact 1.x version',
    ),
    maximumBytesBilled: raw.optionalInteger('maximum-bytes-billed', { min: 0, max: 999_999_999_999_999 }),
    allowedHosts: raw.lines('allow-endpoint-hosts'),
    isDryRun: raw.boolean('dry-run', false),
    expectedPlan: parseExpectedPlan(raw),
  }
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

function readVarsInput(given: string): string {
  if (readVars(given) === undefined)
    throw wrongValue('vars', given, 'a mapping of names to values, as YAML or JSON')
  return given
}

function matching(given: string, input: string, pattern: RegExp, accepted: string): string {
  if (pattern.test(given)) return given
  throw wrongValue(input, given, accepted)
}
