/**
 * Raw strings to the Inputs of run-dbt; it refuses commands that are not dbt's or that would override the
 * keyless profile.
 */
import path from 'node:path'
import { split } from 'shlex'
import { InputError, wrongValue } from '../../_shared/errors.ts'
import { refuseOutside } from '../../_shared/local-folder.ts'
import { parseExpectedPlan } from '../../_shared/plan-inputs.ts'
import type { Inputs as RawInputs } from '../../_shared/runner/inputs.ts'
import type { RunContext } from '../../_shared/runner/context.ts'

export interface Inputs {
  /** Absolute. */
  readonly projectDir: string
  /** Relative to the workspace, forward slashes; for annotations. */
  readonly projectPath: string
  readonly commands: readonly (readonly string[])[]
  /** '' = the project of the credentials. */
  readonly projectId: string
  readonly dataset: string
  readonly location: string
  readonly target: string
  readonly threads: number
  readonly vars: Readonly<Record<string, unknown>>
  readonly coreVersion: string
  readonly adapterVersion: string
  readonly maximumBytesBilled?: number
  readonly allowedHosts: readonly string[]
  readonly isDryRun: boolean
  readonly expectedPlan: string
}

/** dbt's verbs that make sense without a terminal; `init`, `debug` and `clean` do not. */
const VERBS = [
  'build',
  'clone',
  'compile',
  'deps',
  'docs',
  'list',
  'ls',
  'parse',
  'retry',
  'run',
  'run-operation',
  'seed',
  'show',
  'snapshot',
  'source',
  'test',
]
/** Set by the action; given twice, dbt would take the last and the keyless profile would be gone. */
const OWN_FLAGS = [
  '--profiles-dir',
  '--project-dir',
  '--profile',
  '--target',
  '-t',
  '--target-path',
  '--threads',
  '--vars',
]

export function parseInputs(raw: RawInputs, context: RunContext): Inputs {
  const commands = raw.lines('commands', { isRequired: true }).map(parseCommand)
  const projectPath = raw.text('project-dir', 'dbt')
  const projectDir = path.resolve(context.workspace, projectPath)
  const fromWorkspace = path.relative(context.workspace, projectDir)
  refuseOutside(fromWorkspace, projectPath, 'project-dir')
  return {
    projectDir,
    projectPath: fromWorkspace.split(path.sep).join('/'),
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
    vars: raw.jsonObject('vars') ?? {},
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

function matching(given: string, input: string, pattern: RegExp, accepted: string): string {
  if (pattern.test(given)) return given
  throw wrongValue(input, given, accepted)
}

/** Words as a shell would split them; nothing is expanded and nothing is executed. */
function parseCommand(line: string): readonly string[] {
  const refuse = (what: string, accepted: string): never => {
    throw new InputError(`Reading input commands: in the line ${JSON.stringify(line)}, ${what}.`, {
      input: 'commands',
      given: line,
      accepted,
    })
  }
  let words: string[] = []
  try {
    words = split(line)
  } catch (error) {
    refuse(`${(error as Error).message.toLowerCase()}`, 'balanced quotes')
  }
  if (words[0] === 'dbt') words = words.slice(1)
  const verb = words[0] ?? ''
  if (!VERBS.includes(verb))
    refuse(
      `"${verb}" is not a dbt command this action runs; write one of ${VERBS.join(', ')}`,
      VERBS.join(', '),
    )
  const own = words.find((word) => OWN_FLAGS.includes(word.split('=')[0] ?? ''))
  if (own !== undefined) refuse(`${own} is set by the action; use its inputs instead`, 'other flags')
  return words
}
