/**
 * Runs the demo as a person does, through its one door, and tells what it left running; it refuses to look
 * inside.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { ensureAirflow, ensureDbt, ensureSpark } from '../../local/toolchain/index.ts'
import type { Row } from '../e2e/truths.ts'
import type { Seal } from './sealed-network.ts'

export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}
export interface DemoOptions {
  readonly root?: string
  readonly env?: Readonly<Record<string, string>>
  /**
   * Leads a process group of its own, so that all of it can be killed at once; otherwise it ends with the
   * tests.
   */
  readonly hasOwnGroup?: boolean
  /** Runs without a network; what tried to leave is written to the file. */
  readonly sealed?: { readonly seal: Seal; readonly trafficFile: string }
}
export interface Report {
  readonly schemaVersion: number
  readonly input: { readonly sha256: string; readonly name: string }
  readonly stages: {
    readonly raw: { readonly rows: number }
    readonly clean: {
      readonly rows: number
      readonly rejected: number
      readonly duplicates: number
      readonly quarantined: number
      readonly reasons?: Readonly<Record<string, number>>
    }
    readonly sessions: { readonly rows: number; readonly events: number }
  }
  readonly views: Readonly<Record<string, readonly Row[]>>
  readonly timings: Readonly<Record<string, number>>
}

/** In which subnets the batches of the demo ran, as the local Dataproc kept them. */
export const subnetsOf = (state: string): unknown[] =>
  readdirSync(state, { recursive: true, encoding: 'utf8' })
    .filter((name) => /(^|\/)batches\/[^/]+\.json$/.test(name))
    .map(
      (name) =>
        (
          JSON.parse(readFileSync(path.join(state, name), 'utf8')) as {
            request: { environmentConfig: { executionConfig: { subnetworkUri?: string } } }
          }
        ).request.environmentConfig.executionConfig.subnetworkUri,
    )

const ownRoot = path.resolve(import.meta.dirname, '../..')
const MARK = 'CLICKSTREAM_DEMO_STATE'

/** Installing is what needs the network; the demo itself must not. */
export async function prepareTools(): Promise<void> {
  const quiet = (): void => undefined
  await ensureSpark(quiet)
  await ensureDbt(quiet)
  await ensureAirflow(quiet)
}

export function startDemo(
  state: string,
  args: readonly string[],
  options: DemoOptions = {},
): { readonly child: ChildProcess; readonly finished: Promise<Finished> } {
  const root = options.root ?? ownRoot
  const door = [process.execPath, path.join(root, 'local/start.mjs'), 'demo', '--state', state, ...args]
  const [command = '', ...rest] = options.sealed
    ? options.sealed.seal.wrap(door, options.sealed.trafficFile)
    : door
  const child = spawn(command, rest, {
    cwd: root,
    detached: options.hasOwnGroup === true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...options.env, [MARK]: state },
  })
  const finished = new Promise<Finished>((resolve, reject) => {
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString()
    })
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString()
    })
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stdout, stderr }))
  })
  return { child, finished }
}

export const runDemo = (
  state: string,
  args: readonly string[],
  options: DemoOptions = {},
): Promise<Finished> => startDemo(state, args, options).finished

export const readReport = (state: string): Report =>
  JSON.parse(readFileSync(path.join(state, 'report/report.json'), 'utf8')) as Report

export const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? ''

/** Command lines of living processes that name the state or inherited the mark of its demo. */
export function processesOf(state: string): string[] {
  if (process.platform !== 'linux') {
    const lines = spawnSync('ps', ['-A', '-o', 'args='], {
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    }).stdout.split('\n')
    return lines.filter((line) => line.includes(state))
  }
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      const commandLine = read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim()
      return commandLine.includes(state) ||
        read(`/proc/${pid}/environ`).split('\0').includes(`${MARK}=${state}`)
        ? [`${pid} ${commandLine}`]
        : []
    })
}

/** Gone meanwhile, or another user's: nothing of ours. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
