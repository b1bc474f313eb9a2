/**
 * Runs one installer command to its end with a heartbeat; it refuses to outlive this process and to show its
 * raw output.
 */
import { spawn } from 'node:child_process'
import { explainFailure } from './explain-failure.mjs'

export type Progress = (line: string) => void
const HEARTBEAT_MS = 10_000
const KEPT_OUTPUT = 40_000
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

export interface ToolRun {
  /** Starts the sentence of a failure: `Installing dbt`. */
  readonly doing: string
  readonly progress: Progress
  readonly cwd: string
  readonly env?: NodeJS.ProcessEnv
}

/** Standard output of the command; throws one sentence when it cannot be started or does not exit with 0. */
export async function runTool(command: string, args: readonly string[], run: ToolRun): Promise<string> {
  const startedMs = Date.now()
  const child = spawn(command, args, {
    cwd: run.cwd,
    env: run.env ?? process.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const beat = setInterval(
    () => run.progress(`  … ${run.doing.toLowerCase()}: ${Math.round((Date.now() - startedMs) / 1000)} s`),
    HEARTBEAT_MS,
  )
  const letGo = endWithThisProcess(() => child.kill('SIGTERM'))
  let stdout = ''
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk
    output = (output + chunk).slice(-KEPT_OUTPUT)
  })
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    output = (output + chunk).slice(-KEPT_OUTPUT)
  })
  try {
    const code = await new Promise<number | string>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (exitCode, signal) => resolve(exitCode ?? signal ?? 1))
    })
    if (code !== 0) throw explainFailure(run.doing, output || `ended with ${code}`)
    return stdout
  } catch (error) {
    const { syscall, message } = error as NodeJS.ErrnoException
    if (syscall) throw explainFailure(run.doing, message)
    throw error
  } finally {
    clearInterval(beat)
    letGo()
  }
}

/**
 * Calls `end` when this process exits or is told to; a signal nobody else listens to still ends this process
 * as it would have.
 */
function endWithThisProcess(end: () => void): () => void {
  const onSignal = (signal: NodeJS.Signals) => {
    end()
    letGo()
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal)
  }
  const letGo = () => {
    process.off('exit', end)
    for (const signal of SIGNALS) process.off(signal, onSignal)
  }
  process.on('exit', end)
  for (const signal of SIGNALS) process.on(signal, onSignal)
  return letGo
}
