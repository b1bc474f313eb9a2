/**
 * Looks at the dbt project and the dbt that is there; it refuses a folder that is no project, and installs
 * nothing.
 */
import { constants } from 'node:fs'
import { access, open } from 'node:fs/promises'
import path from 'node:path'
import { insideWorkspace } from '../../_shared/local-folder.ts'
import type { Runner } from '../../_shared/run.ts'
import type { Inputs } from './inputs.ts'
import { readProject, type DbtProject } from './project.ts'

export interface Installed {
  readonly python: string
  readonly core: string
  readonly adapter: string
}
export interface Observed {
  readonly project: DbtProject
  /** The Python that holds the dbt on PATH, with its versions. */
  readonly installed?: Installed
  /** A Python that could hold a new installation. */
  readonly python?: string
}

const VERSIONS =
  'import importlib.metadata as m, json; print(json.dumps([m.version("dbt-core"), m.version("dbt-bigquery")]))'

export async function observe(
  inputs: Inputs,
  _google: unknown,
  runner: Pick<Runner, 'context' | 'environment' | 'execute'>,
): Promise<Observed> {
  await insideWorkspace(runner.context.workspace, inputs.projectDir, 'project-dir')
  const project = await readProject(inputs, runner.environment)
  const installed = await findInstalled(runner)
  return {
    project,
    installed,
    python: await findOnPath(['python3', 'python'], runner.environment.PATH),
  }
}

/** The versions of dbt that this Python holds; undefined when it holds none, or does not run. */
export async function versionsIn(
  python: string,
  runner: Pick<Runner, 'execute'>,
): Promise<Installed | undefined> {
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
async function findInstalled(
  runner: Pick<Runner, 'environment' | 'execute'>,
): Promise<Installed | undefined> {
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

async function findOnPath(
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
