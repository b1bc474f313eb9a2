/**
 * Asks Airflow about a deployment until it has an answer for these very files: an import error that is new, or
 * that every DAG was parsed after its upload. It refuses to take what Airflow knew before for an answer.
 */
import { WorkFailedError } from '../../_shared/errors.ts'
import { runAirflowCommand, type CommandResult } from '../../_shared/google/composer.ts'
import type { Google } from '../../_shared/google/connect.ts'
import { pause } from '../../_shared/google/retry.ts'
import type { Runner } from '../../_shared/run.ts'
import { unreadOf, type Changes } from './confirm.ts'
import { fileOf, readDags, readImportErrors, type ImportError } from './import-errors.ts'
import type { DeployInputs } from './inputs.ts'

type OurError = ImportError & { readonly file: string }
export interface ImportCheck {
  readonly ours: readonly OurError[]
  readonly others: readonly ImportError[]
  /** Files of which Airflow has not shown that it read them as they are now. */
  readonly unconfirmed: readonly string[]
  /** Why, where it is more than that it has not yet: a sentence without its end. */
  readonly silence?: string
}
type Asking = Pick<DeployInputs, 'location' | 'environment' | 'syncWaitMs' | 'timeoutMs'>

/** Composer takes minutes to see a file; an environment that sees it at once shall not wait for that. */
const PAUSES_MS = [500, 2_000, 5_000, 20_000]

export async function checkImports(
  files: ReadonlySet<string>,
  changes: Changes,
  before: readonly ImportError[] | undefined,
  inputs: Asking,
  google: Google,
  runner: Runner,
): Promise<ImportCheck> {
  const startMs = Date.now()
  const deadlineMs = startMs + inputs.timeoutMs
  const untilMs = startMs + Math.min(inputs.syncWaitMs, inputs.timeoutMs)
  const known = before === undefined ? undefined : new Set(before.map(keyOf))
  const changed = [...changes.dags.keys(), ...changes.others.keys()].sort()
  for (let turn = 0; ; turn += 1) {
    const errors = await askForImportErrors(inputs, google, runner, deadlineMs)
    const { ours, others } = sortErrors(errors ?? [], files)
    // What Airflow said before the upload as well may still be its answer for the old files.
    const isStale = (error: OurError) =>
      (known === undefined || known.has(keyOf(error))) &&
      (changes.dags.has(error.file) || changes.others.size > 0)
    if (ours.some((error) => !isStale(error))) return { ours, others, unconfirmed: [] }
    const broken = new Set(ours.map(({ file }) => file))
    const open = changed.filter((file) => !broken.has(file))
    const { unread, silence } = await whatIsUnread(open)
    const unconfirmed = unread.filter((file) => !broken.has(file))
    const isAnswered = ours.length === 0 && unconfirmed.length === 0 && silence === undefined
    if (isAnswered || !changes.isAnyParsed || Date.now() >= untilMs || runner.cancelled.aborted)
      return { ours, others, unconfirmed, silence }
    const leftMs = untilMs - Date.now()
    runner.log.info(
      `${ours.length > 0 ? 'The import errors may be those of the files before' : (silence ?? `Airflow has not read ${unread.length} of the DAG files yet`)}; asking again for ${Math.ceil(leftMs / 1000)} s.`,
    )
    await pause(Math.min(PAUSES_MS[turn] ?? PAUSES_MS.at(-1) ?? 0, leftMs), runner.cancelled)

    async function whatIsUnread(names: string[]): Promise<{ unread: string[]; silence?: string }> {
      if (errors === undefined)
        return { unread: names, silence: `airflow dags list-import-errors printed nothing` }
      if (names.length === 0) return { unread: [] }
      if (!changes.isAnyParsed)
        return { unread: names, silence: 'no file of this deployment is read for DAGs' }
      const listed = await listDags(files, inputs, google, runner, deadlineMs)
      return typeof listed === 'string'
        ? { unread: names, silence: listed }
        : { unread: unreadOf(changes, listed) }
    }
  }
}

export function sortErrors(
  errors: readonly ImportError[],
  files: ReadonlySet<string>,
): { ours: OurError[]; others: ImportError[] } {
  const ours: OurError[] = []
  const others: ImportError[] = []
  for (const error of errors) {
    const file = fileOf(error.filepath, files)
    if (file === undefined) others.push(error)
    else ours.push({ ...error, file })
  }
  return { ours, others }
}

export async function askForImportErrors(
  inputs: Asking,
  google: Google,
  runner: Pick<Runner, 'cancelled'>,
  deadlineMs: number,
): Promise<ImportError[] | undefined> {
  const result = await ask('list-import-errors', [], inputs, google, runner, deadlineMs)
  const errors = readImportErrors(result.lines)
  const isGood = result.exitCode === 0 && !result.error
  // Newer Airflow exits 1 when there are import errors; without one that is a failed command.
  if (errors !== undefined && (isGood || errors.length > 0)) return errors
  if (isGood && result.lines.every((line) => line.trim() === '')) return undefined
  throw new WorkFailedError(
    `Asking Airflow for import errors: the command ${endOf(result)} and printed no list.`,
    {
      lastLines: result.lines.slice(-20),
      problem: 'airflow-command',
      hint: 'Run the command in the environment, or set check-imports: false.',
    },
  )
}

/** @returns the newest parse of each of these files that holds a DAG, or why that is not known. */
async function listDags(
  files: ReadonlySet<string>,
  inputs: Asking,
  google: Google,
  runner: Runner,
  deadlineMs: number,
): Promise<Map<string, number> | string> {
  const columns = ['--columns', 'dag_id,fileloc,last_parsed_time']
  const result = await ask('list', columns, inputs, google, runner, deadlineMs)
  const dags = readDags(result.lines)
  if (dags === undefined || result.exitCode !== 0 || result.error) return `airflow dags list ${endOf(result)}`
  const latest = new Map<string, number>()
  for (const { filepath, parsedMs } of dags) {
    const file = fileOf(filepath, files)
    // Airflow reads a file whole: a DAG that is gone from it keeps its old time.
    if (file !== undefined) latest.set(file, Math.max(latest.get(file) ?? -Infinity, parsedMs))
  }
  return latest
}

const endOf = ({ exitCode, error, lines }: CommandResult): string =>
  `ended with ${exitCode}${error ? ` (${error})` : ''}${lines.length > 0 ? '' : ' and printed nothing'}`

function ask(
  subcommand: string,
  parameters: readonly string[],
  inputs: Asking,
  google: Google,
  runner: Pick<Runner, 'cancelled'>,
  deadlineMs: number,
): Promise<CommandResult> {
  return runAirflowCommand(
    google,
    { projectId: google.projectId, location: inputs.location, environment: inputs.environment },
    { command: 'dags', subcommand, parameters: [...parameters, '-o', 'json'] },
    { deadlineMs, signal: runner.cancelled },
  )
}

const keyOf = ({ filepath, error }: ImportError): string => `${filepath}\n${error}`
