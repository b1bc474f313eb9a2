/**
 * Finds out whether a Python of this machine holds the Airflow of the environment. It refuses another version, and
 * to install one.
 */
import path from 'node:path'
import { InputError } from '../../_shared/errors.ts'
import type { Runner } from '../../_shared/run.ts'

/** `3.3.1` and what is known of it: an image may name the major version only. */
export interface AirflowHere {
  readonly version: string
  readonly python: string
}
type Wished = { readonly environment: string; readonly python: string }

const VERSIONS = `
import importlib.metadata as m, json, sys
def found(name):
    try:
        return m.version(name)
    except m.PackageNotFoundError:
        return None
print(json.dumps([found("apache-airflow") or found("apache-airflow-core"), "%d.%d" % sys.version_info[:2]]))
`
/** What Composer runs; only for the advice to somebody who has no Python here at all. */
const USUAL_PYTHON = '3.11'

export async function findAirflowHere(
  { environment, python }: Wished,
  imageVersion: string,
  env: Readonly<Record<string, string>>,
  runner: Pick<Runner, 'execute'>,
): Promise<AirflowHere> {
  // composer-3-airflow-2.10.5-build.7; preview images have another word before the build.
  const wanted = /airflow-(\d+(?:\.\d+)*)/.exec(imageVersion)?.[1]
  if (wanted === undefined)
    throw wrong(
      `the environment ${environment} does not say its Airflow version (${imageVersion || 'no image version'})`,
      {
        hint: 'Leave out check-imports-first; Airflow itself is asked after the upload.',
      },
    )
  const quiet = { env, onStdoutLine: () => undefined, onStderrLine: () => undefined }
  const answer = await runner.execute(python, ['-I', '-c', VERSIONS], quiet).catch(() => undefined)
  const [found, pythonVersion] = answer?.exitCode === 0 ? versionsOf(answer.stdout) : []
  const hint = `Give this job that Airflow, with what the DAGs import, in a step before (${pipLine(wanted, pythonVersion ?? USUAL_PYTHON)}), or name another Python that has it in the input python.`
  if (pythonVersion === undefined)
    throw wrong(`${python} does not run here, and the environment ${environment} has Airflow ${wanted}`, {
      given: python,
      hint,
    })
  if (found === undefined || lineOf(found, wanted) !== lineOf(wanted, wanted))
    throw wrong(
      `${python} (Python ${pythonVersion}) has ${found === undefined ? 'no Airflow' : `Airflow ${found}`}, and the environment ${environment} has ${wanted}`,
      { given: python, hint },
    )
  return { version: found, python }
}

/** The environment of the children: what finds programs and libraries, and nothing that a job was trusted with. */
export function bareEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  home: string,
): Record<string, string> {
  const kept = ['PATH', 'LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH', 'SYSTEMROOT', 'TZ'].flatMap((name) => {
    const value = environment[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  const airflow = path.join(home, 'airflow')
  return {
    ...Object.fromEntries(kept),
    HOME: home,
    TMPDIR: home,
    LANG: 'C.UTF-8',
    PYTHONDONTWRITEBYTECODE: '1',
    // Machines of Google's hand out tokens to everybody on them.
    NO_GCE_CHECK: 'true',
    GCE_METADATA_HOST: 'metadata.invalid',
    AIRFLOW_HOME: airflow,
    AIRFLOW__CORE__LOAD_EXAMPLES: 'False',
    AIRFLOW__CORE__PLUGINS_FOLDER: path.join(airflow, 'plugins'),
    AIRFLOW__LOGGING__LOGGING_LEVEL: 'ERROR',
  }
}

function versionsOf(line: string): [string | undefined, string] | [] {
  try {
    const [airflow, python] = JSON.parse(line) as [string | null, string]
    return [airflow ?? undefined, String(python)]
  } catch {
    return []
  }
}

/** Patches change no interface: as much of the version as counts, and no more than the environment names. */
const lineOf = (version: string, wanted: string): string =>
  version
    .split('.')
    .slice(0, Math.min(2, wanted.split('.').length))
    .join('.')

/** The way Airflow is installed: https://airflow.apache.org/docs/apache-airflow/stable/installation/installing-from-pypi.html */
function pipLine(version: string, python: string): string {
  if (version.split('.').length < 3)
    return `pip install "apache-airflow~=${version}.0" apache-airflow-providers-google`
  return `pip install "apache-airflow==${version}" apache-airflow-providers-google --constraint "https://raw.githubusercontent.com/apache/airflow/constraints-${version}/constraints-${python}.txt"`
}

function wrong(what: string, details: { given?: string; hint: string }): InputError {
  return new InputError(`Looking for the environment's Airflow on this machine: ${what}.`, {
    input: 'python',
    accepted: "a Python with the environment's Airflow",
    problem: 'airflow-version',
    ...details,
  })
}
