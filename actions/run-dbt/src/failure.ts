/** Says in one error why a run of dbt failed: its nodes, its own words, or that it was cancelled. */
import { cancelled, WorkFailedError } from '../../_shared/errors.ts'
import type { CommandStep, DbtStep } from './plan.ts'
import type { CommandResult } from './results.ts'

type Done = readonly { readonly step: DbtStep; readonly result?: CommandResult }[]

export function failureOf(
  exitCode: number,
  commands: readonly CommandStep[],
  done: Done,
  /** Of a cancelled run: what became of its queries. */
  stopped?: string,
): WorkFailedError | undefined {
  const ran = done.filter(({ result }) => result !== undefined)
  if (stopped !== undefined) {
    const last = ran.find(({ result }) => result?.isSuccess === false)?.step ?? commands[ran.length]
    return cancelled(`Running dbt ${last?.target ?? ''}`, `dbt was interrupted, and ${stopped}`)
  }
  const failed = ran.find(({ result }) => result?.isSuccess === false)
  if (failed?.result !== undefined) return failedCommand(failed.step.target, failed.result)
  if (exitCode !== 0 || ran.length < commands.length)
    return new WorkFailedError(
      `Running dbt ${commands[ran.length]?.target ?? ''}: the process ended with exit code ${exitCode} before dbt could say why; see its output above.`,
      { problem: 'dbt-failed' },
    )
  return undefined
}

const MOST_NODES = 5
const MOST_TOLD = 3

function failedCommand(target: string, result: CommandResult): WorkFailedError {
  const bad = result.nodes.filter((node) => node.verdict === 'failed')
  const said = bad.flatMap((node) => (node.message === '' ? [] : [`${node.name}: ${node.message}`]))
  const reason =
    result.exception ?? 'dbt reported failure and named no node; its own words are in the log above'
  const hint = hintFor([...said, reason].join('\n'))
  if (bad.length === 0)
    return new WorkFailedError(`Running dbt ${target}: ${reason}`, { hint, problem: 'dbt-failed' })
  const names = bad.slice(0, MOST_NODES).map((node) => node.name)
  return new WorkFailedError(
    [
      `Running dbt ${target}: ${bad.length} of ${result.nodes.length} nodes failed: ${names.join(', ')}${bad.length > MOST_NODES ? ', …' : ''}; see the table and the annotations.`,
      ...said.slice(0, MOST_TOLD).map(inOneLine),
    ].join('\n'),
    { hint, lastLines: said.slice(0, 20), problem: 'dbt-failed' },
  )
}

/** dbt's first lines: what went wrong, and where; below them stands where it put the compiled file. */
function inOneLine(told: string): string {
  const lines = told.split('\n').map((line) => line.trim())
  return lines.slice(0, 3).filter(Boolean).join(' ').slice(0, 400)
}

/** dbt makes the datasets of its models, so a name written wrong is answered with a missing right. */
function hintFor(said: string): string | undefined {
  return /bigquery\.datasets\.create/.test(said)
    ? 'dbt wanted to make a dataset that is not there. Is its name written right (the input dataset, +schema of the models)? If it is, make it first, or grant bigquery.datasets.create.'
    : undefined
}
