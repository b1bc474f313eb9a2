/**
 * Plays the GitHub runner for one action: spawns its bundle with INPUT_ variables and the runner's files, and
 * reads back what it left. It passes on nothing of this process's environment but PATH
 * and Node's cache of compiled sources.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parse } from 'yaml'
import { readFileSync } from 'node:fs'
import { judgePlan } from './plan-schema.ts'

export const distFolder = resolve(import.meta.dirname, '../../dist')
const actionsFolder = resolve(import.meta.dirname, '../../actions')

/** Several hundred starts of the same few files: what Node made of them is kept. */
const compiled = (): Record<string, string> => {
  const { NODE_COMPILE_CACHE: kept } = process.env
  return kept === undefined ? {} : { NODE_COMPILE_CACHE: kept }
}

export interface RunOptions {
  /** Another checkout whose bundles are run. */
  readonly root?: string
  readonly with?: Readonly<Record<string, string>>
  readonly env?: Readonly<Record<string, string>>
  /** 'post' runs the post entry; hand it the `state` of the main run. */
  readonly entry?: 'main' | 'post'
  readonly state?: Readonly<Record<string, string>>
  /** Reused over several steps of one job; made (and removed by `close`) when absent. */
  readonly job?: Job
  /** Called once the process runs, to signal it. */
  readonly onStart?: (child: ChildProcess, output: () => string) => void
}
export interface RunResult {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  /** stdout and stderr as they came, workflow commands included. */
  readonly log: string
  readonly outputs: Readonly<Record<string, string>>
  readonly exported: Readonly<Record<string, string>>
  readonly state: Readonly<Record<string, string>>
  readonly summary: string
  readonly masks: readonly string[]
  readonly annotations: readonly { kind: string; message: string; properties: string }[]
}
export interface Job {
  readonly workspace: string
  readonly temp: string
  close(): Promise<void>
}

/** The folders of one job; both have spaces in their names. */
export async function openJob(): Promise<Job> {
  const root = await mkdtemp(join(tmpdir(), 'test job '))
  const job = {
    workspace: join(root, 'work space'),
    temp: join(root, 'temp'),
    close: () => rm(root, { recursive: true, force: true }),
  }
  await Promise.all([mkdir(job.workspace), mkdir(job.temp)])
  return job
}

export async function runBundle(action: string, options: RunOptions = {}): Promise<RunResult> {
  const job = options.job ?? (await openJob())
  const files = await mkdtemp(join(job.temp, '_runner_file_commands_'))
  const commandFile = async (name: string): Promise<string> => {
    const path = join(files, name)
    await writeFile(path, '')
    return path
  }
  const paths = {
    GITHUB_OUTPUT: await commandFile('output'),
    GITHUB_ENV: await commandFile('env'),
    GITHUB_STATE: await commandFile('state'),
    GITHUB_STEP_SUMMARY: await commandFile('summary'),
    GITHUB_PATH: await commandFile('path'),
  }
  const inputs = { ...defaultsOf(action, options.root), ...options.with }
  const env: Record<string, string> = {
    PATH: process.env.PATH ?? '',
    HOME: job.temp,
    GITHUB_ACTIONS: 'true',
    CI: 'true',
    RUNNER_TEMP: job.temp,
    RUNNER_OS: 'Linux',
    GITHUB_WORKSPACE: job.workspace,
    GITHUB_REPOSITORY: 'octo/clicks',
    GITHUB_REPOSITORY_OWNER: 'octo',
    GITHUB_RUN_ID: '4711',
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_JOB: 'test',
    GITHUB_ACTION: 'step1',
    GITHUB_SHA: '0123456789abcdef0123456789abcdef01234567',
    GITHUB_REF: 'refs/heads/main',
    GITHUB_WORKFLOW: 'pipeline',
    GITHUB_ACTOR: 'octocat',
    GITHUB_SERVER_URL: 'https://github.com',
    // Never the metadata server of the machine the tests run on.
    GCE_METADATA_HOST: '127.0.0.1:9',
    ...compiled(),
    ...paths,
    ...options.env,
    ...Object.fromEntries(
      Object.entries(inputs).map(([name, value]) => [
        `INPUT_${name.replaceAll(' ', '_').toUpperCase()}`,
        value,
      ]),
    ),
    ...Object.fromEntries(
      Object.entries(options.state ?? {}).map(([name, value]) => [`STATE_${name}`, value]),
    ),
  }
  const script = join(
    options.root === undefined ? distFolder : join(options.root, 'dist'),
    action,
    options.entry === 'post' ? 'post.js' : 'index.js',
  )
  const child = spawn(process.execPath, [script], {
    cwd: job.workspace,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let log = ''
  child.stdout.on('data', (chunk: Buffer) => {
    log += chunk.toString()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    log += chunk.toString()
  })
  options.onStart?.(child, () => log)
  const [exitCode, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((done, fail) => {
    child.once('error', fail)
    child.once('close', (code, name) => done([code, name]))
  })
  const commands = [...log.matchAll(/^::([a-z-]+)( [^:]*(?::[^:]+)*?)?::(.*)$/gm)].map(
    ([, kind = '', properties = '', message = '']) => ({
      kind,
      properties: unescape(properties),
      message: unescape(message),
    }),
  )
  const result = {
    exitCode,
    signal,
    log,
    outputs: readPairs(await readFile(paths.GITHUB_OUTPUT, 'utf8')),
    exported: readPairs(await readFile(paths.GITHUB_ENV, 'utf8')),
    state: readPairs(await readFile(paths.GITHUB_STATE, 'utf8')),
    summary: await readFile(paths.GITHUB_STEP_SUMMARY, 'utf8'),
    masks: commands.filter(({ kind }) => kind === 'add-mask').map(({ message }) => message),
    annotations: commands.filter(({ kind }) => ['error', 'warning', 'notice'].includes(kind)),
  }
  if (options.job === undefined) await job.close()
  judgePlan(action, result.outputs)
  return result
}

export interface ActionFile {
  readonly inputs?: Readonly<Record<string, { description?: string; required?: boolean; default?: string }>>
  readonly outputs?: Readonly<Record<string, { description?: string }>>
  readonly runs: { using: string; main: string; post?: string }
  readonly name?: string
  readonly description?: string
  readonly author?: string
  readonly branding?: { icon?: string; color?: string }
}
export function readActionFile(action: string, root?: string): ActionFile {
  return parse(
    readFileSync(
      join(root === undefined ? actionsFolder : join(root, 'actions'), action, 'action.yml'),
      'utf8',
    ),
  ) as ActionFile
}

/** The runner sends every declared default; expressions are its own to evaluate. */
function defaultsOf(action: string, root?: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(readActionFile(action, root).inputs ?? {}).map(([name, input]) => [
      name,
      String(input.default ?? '').replace(/\$\{\{.*?\}\}/g, 'null'),
    ]),
  )
}

/** `name<<delimiter`, value lines, delimiter: what @actions/core writes. */
function readPairs(text: string): Record<string, string> {
  const pairs: Record<string, string> = {}
  const lines = text.split(/\r?\n/)
  for (let index = 0; index < lines.length; index += 1) {
    const head = /^(.+?)<<(.+)$/.exec(lines[index] ?? '')
    if (!head) continue
    const end = lines.indexOf(head[2]!, index + 1)
    pairs[head[1]!] = lines.slice(index + 1, end).join('\n')
    index = end
  }
  return pairs
}

function unescape(text: string): string {
  return text
    .replace(/%0D/g, '\r')
    .replace(/%0A/g, '\n')
    .replace(/%3A/g, ':')
    .replace(/%2C/g, ',')
    .replace(/%25/g, '%')
}

/** What the step called its errors, in order. */
export const errorsOf = ({ annotations }: Pick<RunResult, 'annotations'>): string[] =>
  annotations.filter(({ kind }) => kind === 'error').map(({ message }) => message)

/** All of them as one text. */
export const errorOf = (result: Pick<RunResult, 'annotations'>): string => errorsOf(result).join('\n')
