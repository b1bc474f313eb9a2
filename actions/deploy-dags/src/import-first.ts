/**
 * Imports what would be deployed under an Airflow of this machine, before anything is uploaded. It refuses to let
 * that code see a credential, speak into the log, or last longer than it was given.
 */
import { copyFile, mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { WorkFailedError } from '../../_shared/errors.ts'
import type { AirflowEnvironment } from '../../_shared/google/composer.ts'
import { pause } from '../../_shared/google/retry.ts'
import type { Runner } from '../../_shared/run.ts'
import { hideSecrets } from '../../_shared/secrets.ts'
import { bareEnvironment, findAirflowHere } from './airflow-here.ts'
import { readingOf } from './airflow-reading.ts'
import { fileOf, type ImportError } from './import-errors.ts'
import type { DeployInputs } from './inputs.ts'
import type { LocalFile } from './local-files.ts'

export interface ImportedFirst {
  readonly version: string
  /** How many DAGs came out. */
  readonly dags: number
  readonly errors: readonly (ImportError & { readonly file: string })[]
  /** Files that ask for a variable or a connection while they are imported; the environment's are not here. */
  readonly notJudged: readonly string[]
}

/** Whatever the DAGs print goes nowhere; the answer is a file, and short. */
const IMPORT = `
import json, os, sys, traceback
folder, answer = sys.argv[1], sys.argv[2]
nowhere = os.open(os.devnull, os.O_WRONLY)
for number in (1, 2):
    os.dup2(nowhere, number)
sys.path.insert(0, folder)
def below(name):
    return os.path.relpath(name, folder) if os.path.isabs(name) else name
try:
    try:
        from airflow.dag_processing.dagbag import DagBag
    except ImportError:
        from airflow.models.dagbag import DagBag
    bag = DagBag(dag_folder=folder)
    said = {"dags": len(bag.dags), "errors": [
        {"filepath": below(name), "error": str(text).replace(folder + os.sep, "")[-4000:]}
        for name, text in sorted(bag.import_errors.items())[:200]
    ]}
except BaseException:
    said = {"broken": traceback.format_exc()[-4000:]}
with open(answer, "w", encoding="utf-8") as file:
    json.dump(said, file)
# Threads that a DAG began would hold the process.
os._exit(0)
`
const LONGEST_ANSWER = 4 * 1024 * 1024
/** Airflow 2 and 3 in their own words. */
const NOT_HERE =
  /^\S*(KeyError: ['"]Variable .* does not exist|AirflowNotFoundException: The conn_id |AirflowRuntimeError: (VARIABLE|CONNECTION)_NOT_FOUND|OperationalError: .*no such table)/m

type Asking = Pick<DeployInputs, 'environment' | 'python' | 'timeoutMs'>

export async function importFirst(
  inputs: Asking,
  environment: Pick<AirflowEnvironment, 'imageVersion' | 'airflowConfig'>,
  source: { readonly folder: string; readonly files: readonly LocalFile[] },
  runner: Pick<Runner, 'execute' | 'converse' | 'onCancel' | 'environment' | 'context' | 'log'>,
): Promise<ImportedFirst> {
  const home = await mkdtemp(path.join(runner.context.tempDir, 'deploy-dags-'))
  try {
    const { isSafeMode, ignoreSyntax } = readingOf(environment)
    const env = {
      ...bareEnvironment(runner.environment, home),
      AIRFLOW__CORE__DAG_DISCOVERY_SAFE_MODE: isSafeMode ? 'True' : 'False',
      AIRFLOW__CORE__DAG_IGNORE_FILE_SYNTAX: ignoreSyntax,
      AIRFLOW__CORE__DAGS_FOLDER: path.join(home, 'dags'),
    }
    const { version, python } = await findAirflowHere(inputs, environment.imageVersion, env, runner)
    await copy(source, path.join(home, 'dags'))
    runner.log.info(
      `Importing ${source.files.length} files under Airflow ${version} here, before anything is uploaded.`,
    )
    const answer = path.join(home, 'answer.json')
    await runToEnd(python, ['-I', '-c', IMPORT, path.join(home, 'dags'), answer], env, inputs, runner)
    return { version, ...(await readAnswer(answer, new Set(source.files.map(({ name }) => name)))) }
  } finally {
    await rm(home, { recursive: true, force: true, maxRetries: 3 })
  }
}

/** Exactly what would be uploaded: what lies beside it in the checkout is not there to be imported. */
async function copy(
  { folder, files }: { readonly folder: string; readonly files: readonly LocalFile[] },
  to: string,
): Promise<void> {
  await mkdir(to)
  for (const { name } of files) {
    await mkdir(path.dirname(path.join(to, name)), { recursive: true })
    await copyFile(path.join(folder, name), path.join(to, name))
  }
}

async function runToEnd(
  python: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  { timeoutMs }: Asking,
  runner: Pick<Runner, 'converse' | 'onCancel'>,
): Promise<void> {
  const talk = runner.converse(python, args, { env, cwd: env.HOME, onLine: () => undefined })
  talk.end()
  const forget = runner.onCancel(() => {
    talk.kill()
    return Promise.resolve()
  })
  const waiting = new AbortController()
  try {
    const end = await Promise.race([talk.ended, pause(timeoutMs, waiting.signal).then(() => undefined)])
    if (end === undefined) throw notImported(`it did not end within ${timeoutMs / 60_000} min`)
    if (end !== 0) throw notImported(`Python ended with exit code ${end} in the middle`)
  } finally {
    waiting.abort()
    talk.kill()
    forget()
  }
}

async function readAnswer(
  answer: string,
  files: ReadonlySet<string>,
): Promise<Omit<ImportedFirst, 'version'>> {
  let said: { dags?: unknown; errors?: unknown; broken?: unknown } | undefined
  const size = await stat(answer).then(
    (found) => found.size,
    () => Infinity,
  )
  try {
    said = size > LONGEST_ANSWER ? undefined : (JSON.parse(await readFile(answer, 'utf8')) as object)
  } catch {
    said = undefined
  }
  if (typeof said?.broken === 'string') throw notImported('Airflow itself does not start here', said.broken)
  if (!Array.isArray(said?.errors)) throw notImported('Python ended without an answer')
  const errors = (said.errors as Partial<ImportError>[]).map(({ filepath, error }) => ({
    filepath: String(filepath),
    file: fileOf(String(filepath), files) ?? String(filepath),
    error: hideSecrets(String(error)),
  }))
  const isAsking = ({ error }: ImportError) => NOT_HERE.test(error)
  return {
    dags: Number(said.dags) || 0,
    errors: errors.filter((error) => !isAsking(error)),
    notJudged: errors.filter(isAsking).map(({ file }) => file),
  }
}

function notImported(what: string, words = ''): WorkFailedError {
  return new WorkFailedError(`Importing the DAGs before the upload: ${what}; nothing was changed.`, {
    problem: 'dag-import',
    lastLines: hideSecrets(words).trim().split('\n').slice(-20),
    hint: 'Look what the DAGs do when they are imported (they must not wait, exit or start programs), or leave out check-imports-first.',
  })
}
