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

function failedCommand(target: string, result: CommandResult): WorkFailedError {
  const bad = result.nodes.filter((node) => node.verdict === 'failed')
  const said = bad.flatMap((node) => (node.message === '' ? [] : [`${node.name}: ${node.message}`]))
  if (bad.length > 0)
    return new WorkFailedError(
      `Running dbt ${target}: ${bad.length} of ${result.nodes.length} nodes failed: ${bad
        .slice(0, 5)
        .map((node) => node.name)
        .join(', ')}${bad.length > 5 ? ', …' : ''}; see the table and the annotations.`,
      { lastLines: said.slice(0, 20), problem: 'dbt-failed' },
    )
  return new WorkFailedError(
    `Running dbt ${target}: ${result.exception ?? 'dbt reported failure and named no node; its own words are in the log above'}`,
    { problem: 'dbt-failed' },
  )
}
