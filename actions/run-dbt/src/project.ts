/**
 * Reads dbt_project.yml and a profiles.yml beside it for what the action must know: where dbt writes, and
 * what it will not do although the project asks for it. It refuses to render Jinja.
 */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { parse } from 'yaml'
import { InputError } from '../../_shared/errors.ts'
import type { Inputs } from './inputs.ts'

export interface DbtProject {
  /** Absent where it is not plainly one. */
  readonly name?: string
  readonly profileName: string
  /** Absolute; handed to dbt, so that both mean the same folder. */
  readonly targetPath: string
  readonly logPath: string
  /** Where dbt installs packages, absolute; undefined when that is not plainly a folder of the project's own. */
  readonly packagesPath?: string
  /** All folders that dbt writes to, absolute, as nearly as it is known. */
  readonly written?: readonly string[]
  /** Lines that dbt puts before each statement it sends: Google counts them. */
  readonly commentLines: number
  /** What the project says that this action does otherwise. */
  readonly notes: readonly string[]
}

type Environment = Readonly<Record<string, string | undefined>>

export async function readProject(inputs: Inputs, environment: Environment): Promise<DbtProject> {
  const project = await readProjectFile(inputs)
  const folder = (variable: string, member: string, usual: string): string => {
    const given = environment[`DBT_ENGINE_${variable}`] || environment[`DBT_${variable}`] || project[member]
    // A template is dbt's to render; the folder is ours to choose, and dbt is told it.
    return path.resolve(
      inputs.projectDir,
      typeof given === 'string' && given !== '' && !given.includes('{') ? given : usual,
    )
  }
  const named = project.profile ?? project.name
  const profileName =
    typeof named === 'string' && /^\w[\w-]*$/.test(named) && !named.includes('{') ? named : 'clickstream'
  const targetPath = folder('TARGET_PATH', 'target-path', 'target')
  const logPath = folder('LOG_PATH', 'log-path', 'logs')
  return {
    name: typeof project.name === 'string' && /^\w+$/.test(project.name) ? project.name : undefined,
    profileName,
    targetPath,
    logPath,
    written: [targetPath, logPath, folder('PACKAGES_INSTALL_PATH', 'packages-install-path', 'dbt_packages')],
    packagesPath: packagesPathOf(inputs.projectDir, project['packages-install-path'], environment),
    commentLines: countCommentLines(project['query-comment']),
    notes: await describeIgnored(inputs, profileName),
  }
}

async function readProjectFile(inputs: Inputs): Promise<Readonly<Record<string, unknown>>> {
  const refuse = (what: string): never => {
    throw new InputError(
      `Reading the dbt project: ${path.posix.join(inputs.projectPath, 'dbt_project.yml')} ${what}.`,
      {
        input: 'project-dir',
        given: inputs.projectPath,
        accepted: 'a folder with a dbt_project.yml',
        problem: 'workspace-path',
      },
    )
  }
  const text = await readFile(path.join(inputs.projectDir, 'dbt_project.yml'), 'utf8').catch(() =>
    refuse('cannot be read; name the folder that holds it with project-dir, and check out before this step'),
  )
  let project: unknown
  try {
    // dbt takes a key that stands twice. 'silent' would also pass over what is no YAML at all.
    project = parse(text, { logLevel: 'error', uniqueKeys: false })
  } catch (error) {
    return refuse(`is not valid YAML (${(error as Error).message.split('\n')[0]?.replace(/:$/, '')})`)
  }
  if (project === null || typeof project !== 'object' || Array.isArray(project))
    return refuse('is not a mapping of names to values')
  return project as Readonly<Record<string, unknown>>
}

function packagesPathOf(projectDir: string, given: unknown, environment: Environment): string | undefined {
  if (environment.DBT_PACKAGES_INSTALL_PATH || environment.DBT_ENGINE_PACKAGES_INSTALL_PATH) return undefined
  const name = given ?? 'dbt_packages'
  return typeof name === 'string' && /^\w[\w.-]*$/.test(name) ? path.join(projectDir, name) : undefined
}

/** dbt's own comment is one line before the statement; a project may have another, none, or put it behind. */
function countCommentLines(given: unknown): number {
  const { comment = null, append = false }: { comment?: unknown; append?: unknown } =
    given !== null && typeof given === 'object' ? given : { comment: given }
  if (append === true || comment === '' || (given === null && comment === null)) return 0
  return typeof comment === 'string' && !comment.includes('{') ? comment.trimEnd().split('\n').length : 1
}

/** Settings of a profile that mean the same in every project; nothing that could be secret. */
const SETTINGS = [
  'project',
  'dataset',
  'schema',
  'location',
  'priority',
  'maximum_bytes_billed',
  'job_execution_timeout_seconds',
  'execution_project',
  'impersonate_service_account',
]

async function describeIgnored(inputs: Inputs, profileName: string): Promise<string[]> {
  const text = await readFile(path.join(inputs.projectDir, 'profiles.yml'), 'utf8').catch(() => undefined)
  if (text === undefined) return []
  const file = path.posix.join(inputs.projectPath, 'profiles.yml')
  const asked: string[] = []
  try {
    const profile = (parse(text, { logLevel: 'silent' }) as Record<string, unknown> | null)?.[profileName] as
      { target?: string; outputs?: Record<string, Record<string, unknown>> } | undefined
    const output = profile?.outputs?.[inputs.target] ?? profile?.outputs?.[profile.target ?? 'default']
    for (const name of SETTINGS) {
      const value = output?.[name]
      if (typeof value === 'string' || typeof value === 'number') asked.push(`${name} ${value}`)
    }
  } catch {
    // Nobody reads it, so nobody needs it whole.
  }
  const what = asked.length === 0 ? '' : `; it asks for ${asked.join(', ')}`
  return [
    `${file} is not used: this action writes a keyless profile from its inputs${what}. Give what you need of it as inputs.`,
  ]
}
