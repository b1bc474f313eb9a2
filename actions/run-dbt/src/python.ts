/** Finds Pythons on PATH and the dbt they hold; it refuses to look anywhere else, and installs nothing. */
import { constants } from 'node:fs'
import { access, open } from 'node:fs/promises'
import path from 'node:path'
import type { Runner } from '../../_shared/run.ts'

export interface Installed {
  readonly python: string
  readonly core: string
  readonly adapter: string
}

const VERSIONS =
  'import importlib.metadata as m, json; print(json.dumps([m.version("dbt-core"), m.version("dbt-bigquery")]))'

/** The versions of dbt that this Python holds; undefined when it holds none, or does not run. */
export async function versionsIn(python: string, runner: Runner): Promise<Installed | undefined> {
  const quiet = { onStdoutLine: () => undefined, onStderrLine: () => undefined }
  const answer = await runner.execute(python, ['-I', '-c', VERSIONS], quiet).catch(() => undefined)
  if (answer === undefined || answer.exitCode !== 0) return undefined
  const [core, adapter] = JSON.parse(answer.stdout) as [string, string]
  return { python, core, adapter }
}

/**
 * The dbt on PATH is a script whose first line names its Python; asking that Python is ten times faster than
 * `dbt --version`.
 */
export async function findInstalled(runner: Runner): Promise<Installed | undefined> {
  const dbt = await findOnPath(['dbt'], runner.environment.PATH)
  if (dbt === undefined) return undefined
  const python = (await readInterpreter(dbt)) ?? (await findOnPath(['python3', 'python'], path.dirname(dbt)))
  return python === undefined ? undefined : versionsIn(python, runner)
}

async function readInterpreter(script: string): Promise<string | undefined> {
  const file = await open(script, 'r')
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(512), 0, 512, 0)
    const head = buffer.subarray(0, bytesRead).toString('latin1')
    // A path with spaces cannot stand in a #! line: installers then write `exec '<python>'` in a shell
    // prologue.
    const found =
      /^#!\s*(\S*python[\d.]*)\s*$/m.exec(head)?.[1] ??
      /^'''exec' (?:'([^']+)'|"([^"]+)"|(\S+))/m.exec(head)?.slice(1).find(Boolean)
    return found !== undefined && (await isExecutable(found)) ? found : undefined
  } finally {
    await file.close()
  }
}

export async function findOnPath(
  names: readonly string[],
  searchPath: string | undefined,
): Promise<string | undefined> {
  for (const folder of (searchPath ?? '').split(path.delimiter).filter(path.isAbsolute)) {
    for (const name of names) if (await isExecutable(path.join(folder, name))) return path.join(folder, name)
  }
  return undefined
}

const isExecutable = (file: string): Promise<boolean> =>
  access(file, constants.X_OK).then(
    () => true,
    () => false,
  )
