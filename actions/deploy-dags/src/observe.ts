/**
 * Reads both sides of a deployment: the source folder here, the DAG folder of the environment there. It
 * refuses environments that are not running.
 */
import { readCheckedOut, type CheckedOut } from '../../_shared/commit.ts'
import { GoogleApiError, WorkFailedError } from '../../_shared/errors.ts'
import { getEnvironment, type AirflowEnvironment } from '../../_shared/google/composer.ts'
import type { Google } from '../../_shared/google/connect.ts'
import { openStorage, type StoredObject } from '../../_shared/google/storage.ts'
import { insideWorkspace } from '../../_shared/local-folder.ts'
import type { Runner } from '../../_shared/run.ts'
import { readingOf } from './airflow-reading.ts'
import { askForImportErrors } from './check-imports.ts'
import type { History } from './history.ts'
import type { ImportError } from './import-errors.ts'
import { importFirst, type ImportedFirst } from './import-first.ts'
import type { DeployInputs } from './inputs.ts'
import { readLocalFiles, type LocalFile } from './local-files.ts'
import { readHistory } from './read-history.ts'

export interface Observed {
  readonly projectId: string
  readonly environment: AirflowEnvironment
  readonly files: readonly LocalFile[]
  readonly objects: readonly StoredObject[]
  readonly history: History
  /**
   * What Airflow said before anything was changed; undefined in a dry run, without the check, or when it gave
   * no answer.
   */
  readonly importErrors?: readonly ImportError[]
  /** What an Airflow of this machine says of the source; undefined when it was not asked. */
  readonly importedFirst?: ImportedFirst
  /** Absolute. */
  readonly folder: string
  readonly checkedOut?: CheckedOut
  /** From the workspace, as are the folders that records name beside it and that are still there. */
  readonly sourceFolder?: string
  readonly otherSources: readonly string[]
}

/** A rollback reads no source; the runner may have no checkout at all. */
const NO_SOURCE = { files: [], folder: '', sourceFolder: undefined }

const FIRST_ANSWER_MS = 120_000
/** States in which a deployment makes sense: an update of the environment does not touch its bucket. */
const USABLE = new Set(['RUNNING', 'UPDATING', 'STATE_UNSPECIFIED'])

export async function observe(inputs: DeployInputs, google: Google, runner: Runner): Promise<Observed> {
  const found = await getEnvironment(google, {
    projectId: google.projectId,
    location: inputs.location,
    environment: inputs.environment,
  })
  const environment =
    inputs.folder === 'dags' ? found : { ...found, prefix: beside(found.prefix, inputs.folder) }
  if (!USABLE.has(environment.state)) {
    throw new GoogleApiError(
      `Looking at the environment ${inputs.environment}: its state is ${environment.state}.`,
      {
        method: 'composer.projects.locations.environments.get',
        resource: inputs.environment,
        status: 200,
        reason: environment.state,
        isRetryable: false,
        problem: 'composer-not-running',
        hint: 'Wait until it runs, or repair it.',
      },
    )
  }
  const storage = openStorage(google)
  const reading = inputs.rollbackTo === '' ? readSource(inputs, environment, runner) : NO_SOURCE
  // What it takes minutes for is over before anything else is looked at, so that nothing seen is old.
  const importedFirst = inputs.isImportedFirst
    ? await importFirst(inputs, environment, await reading, runner)
    : undefined
  const [source, objects, history, importErrors] = await Promise.all([
    reading,
    storage.list(environment.bucket, `${environment.prefix}/`),
    readHistory(inputs, environment, storage),
    inputs.areImportsChecked && !inputs.isDryRun ? importErrorsNow(inputs, google, runner) : undefined,
  ])
  // "Folders" made in the console are empty objects whose name ends in a slash.
  return {
    projectId: google.projectId,
    environment,
    ...source,
    objects: objects.filter(({ name }) => !name.endsWith('/')),
    history,
    otherSources: await sourcesBeside(source.sourceFolder, history, runner.context.workspace),
    importErrors,
    importedFirst,
  }
}

async function readSource(
  inputs: DeployInputs,
  environment: AirflowEnvironment,
  runner: Pick<Runner, 'context' | 'environment' | 'execute'>,
): Promise<Pick<Observed, 'files' | 'folder' | 'checkedOut' | 'sourceFolder'>> {
  const { full: folder, relative: sourceFolder } = await insideWorkspace(
    runner.context.workspace,
    inputs.source,
    'source',
  )
  const secretPaths = [
    'GOOGLE_APPLICATION_CREDENTIALS',
    'GOOGLE_GHA_CREDS_PATH',
    'CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE',
  ].flatMap((name) => runner.environment[name] || [])
  const airflow = inputs.folder === 'dags' ? readingOf(environment) : undefined
  const [files, checkedOut] = await Promise.all([
    readLocalFiles(folder, { ignoreFile: inputs.ignoreFile, secretPaths, airflow }),
    inputs.recordsKept === 0 ? undefined : readCheckedOut(folder, runner),
  ])
  return { files, folder, checkedOut, sourceFolder: sourceFolder || '.' }
}

/** A record is only asked for names: what one leads to outside the workspace is not there. */
async function sourcesBeside(
  own: string | undefined,
  { heads }: History,
  workspace: string,
): Promise<string[]> {
  if (own === undefined) return []
  const named = new Set(heads.flatMap(({ source }) => (source === undefined || source === own ? [] : source)))
  const there = await Promise.all(
    [...named].map((name) =>
      insideWorkspace(workspace, name, 'source').then(
        ({ relative }) => ((relative || '.') === name ? [name] : []),
        () => [],
      ),
    ),
  )
  return there.flat()
}

/** Composer's folders lie side by side (https://cloud.google.com/composer/docs/composer-3/cloud-storage). */
const beside = (prefix: string, folder: string): string => prefix.replace(/[^/]+$/, folder)

/** An environment that cannot answer may need this very deployment; one that may not be asked does not. */
async function importErrorsNow(
  inputs: DeployInputs,
  google: Google,
  runner: Pick<Runner, 'cancelled' | 'log'>,
): Promise<readonly ImportError[] | undefined> {
  const deadlineMs = Date.now() + Math.min(inputs.timeoutMs, FIRST_ANSWER_MS)
  try {
    const errors = await askForImportErrors(inputs, google, runner, deadlineMs)
    if (errors === undefined)
      runner.log.info('Airflow printed nothing: import errors of before are not known.')
    return errors
  } catch (error) {
    if (!(error instanceof WorkFailedError) || runner.cancelled.aborted) throw error
    runner.log.info(`${error.message} Import errors of before are not known.`)
    return undefined
  }
}
