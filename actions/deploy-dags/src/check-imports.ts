/**
 * Asks Airflow about a deployment until it has an answer for these very files: an import error that is new, or
 * that every DAG was parsed after its upload. It refuses to take what Airflow knew before for an answer.
 */
import { WorkFailedError } from '../../_shared/errors.ts'
import { runAirflowCommand, type CommandResult } from '../../_shared/google/composer.ts'
import type { Google } from '../../_shared/google/connect.ts'
import { pause } from '../../_shared/google/retry.ts'
import type { Runner } from '../../_shared/run.ts'
import { fileOf, readDags, readImportErrors, type ImportError } from './import-errors.ts'
import type { DeployInputs } from './inputs.ts'

type OurError = ImportError & { readonly file: string }
export interface ImportCheck {
  readonly ours: readonly OurError[]
  readonly others: readonly ImportError[]
  /** Changed DAG files of which Airflow has not shown that it read them since. */
  readonly unconfirmed: readonly string[]
}
export interface ChangedDag {
  readonly updatedMs: number
  /** False for a file that may hold no DAG at all, such as a module that mentions the words. */
  readonly mustAppear: boolean
}
/** What this deployment wrote. */
export interface Changes {
  readonly dags: ReadonlyMap<string, ChangedDag>
  /** A module was written, or something deleted: any DAG may import otherwise than before. */
  readonly isAnyModuleChanged: boolean
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
  for (let turn = 0; ; turn += 1) {
    const { ours, others } = sortErrors(await askForImportErrors(inputs, google, runner, deadlineMs), files)
    // What Airflow said before the upload as well may still be its answer for the old files.
    const isStale = (error: OurError) =>
      (known === undefined || known.has(keyOf(error))) &&
      (changes.dags.has(error.file) || changes.isAnyModuleChanged)
    if (ours.some((error) => !isStale(error))) return { ours, others, unconfirmed: [] }
    const broken = new Set(ours.map(({ file }) => file))
    const open = new Map([...changes.dags].filter(([file]) => !broken.has(file)))
    if (open.size > 0) await confirm(open, files, inputs, google, runner, deadlineMs)
    const isAnswered = open.size === 0 && ours.length === 0
    if (isAnswered || Date.now() >= untilMs || runner.cancelled.aborted)
      return { ours, others, unconfirmed: [...open.keys()].sort() }
    const leftMs = untilMs - Date.now()
    runner.log.info(
      `${ours.length > 0 ? 'The import errors may be those of the files before' : `Airflow has not read ${open.size} of the changed DAG files yet`}; asking again for ${Math.ceil(leftMs / 1000)} s.`,
    )
    await pause(Math.min(PAUSES_MS[turn] ?? PAUSES_MS.at(-1) ?? 0, leftMs), runner.cancelled)
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
): Promise<ImportError[]> {
  const result = await ask('list-import-errors', [], inputs, google, runner, deadlineMs)
  const errors = readImportErrors(result.lines)
  if (errors !== undefined) return errors
  // Newer Airflow exits 1 when there are import errors; only output without a list is a failed command.
  if (result.exitCode === 0 && !result.error && result.lines.every((line) => line.trim() === '')) return []
  throw new WorkFailedError(
    `Asking Airflow for import errors: the command ended with ${result.exitCode}${result.error ? ` (${result.error})` : ''} and printed no list.`,
    {
      lastLines: result.lines.slice(-20),
      problem: 'airflow-command',
      hint: 'Run the command in the environment, or set check-imports: false.',
    },
  )
}

/** Takes out of `open` what Airflow has read since the upload. */
async function confirm(
  open: Map<string, ChangedDag>,
  files: ReadonlySet<string>,
  inputs: Asking,
  google: Google,
  runner: Runner,
  deadlineMs: number,
): Promise<void> {
  const columns = ['--columns', 'dag_id,fileloc,last_parsed_time']
  const result = await ask('list', columns, inputs, google, runner, deadlineMs)
  const latest = new Map<string, number>()
  for (const { filepath, parsedMs } of readDags(result.lines) ?? []) {
    const file = fileOf(filepath, files)
    // Airflow reads a file whole: a DAG that is gone from it keeps its old time.
    if (file !== undefined) latest.set(file, Math.max(latest.get(file) ?? -Infinity, parsedMs))
  }
  for (const [file, { updatedMs, mustAppear }] of open) {
    const parsedMs = latest.get(file)
    if (parsedMs === undefined ? !mustAppear : parsedMs > updatedMs) open.delete(file)
  }
}

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
