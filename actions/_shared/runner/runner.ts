/**
 * The GitHub runner as one object. Only this folder imports @actions/*, always dynamically: a static import
 * becomes a stub in the bundle that throws and exits 0.
 */
import type { Annotation, SummaryBlock } from '../report.ts'
import { hideLineByLine, hideSecrets } from '../secrets.ts'
import { chooseAnnotations } from './annotations.ts'
import { listenForCancellation, type Tidy } from './cancel.ts'
import { readContext, type RunContext } from './context.ts'
import { converse, type Conversation, type ConversationOptions } from './conversation.ts'
import { watchExit, type ExitWatch } from './exit.ts'
import { execute, type ExecOptions, type ExecResult } from './exec.ts'
import { createInputs, type Inputs } from './inputs.ts'
import { renderSummary } from './summary.ts'

export interface Log {
  info(line: string): void
  debug(line: string): void
  /** Also an annotation; at most ten are shown. */
  warning(line: string): void
}

export interface Runner {
  readonly inputs: Inputs
  readonly context: RunContext
  /** The process environment, for credentials and endpoints; inputs are read through `inputs` only. */
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly log: Log
  /** Hides a secret in every later line of the log. */
  mask(secret: string): void
  exportVariable(name: string, value: string): void
  addPath(directory: string): void
  /** Values for this action's post step. Not for secrets: the runner stores them in plain text. */
  saveState(name: string, value: string): void
  readState(name: string): string
  setOutputs(outputs: Readonly<Record<string, string | number | boolean>>): void
  annotate(annotations: readonly Annotation[]): void
  writeSummary(blocks: readonly SummaryBlock[]): Promise<void>
  fail(message: string): void
  execute(program: string, args: readonly string[], options?: ExecOptions): Promise<ExecResult>
  /** For a program that can be asked to end. */
  converse(program: string, args: readonly string[], options: ConversationOptions): Conversation
  readonly cancelled: AbortSignal
  onCancel(tidy: Tidy): () => void
}

export interface OpenRunner extends Runner, ExitWatch {
  /** Waits for what tidies up; the exit code of a cancellation, or undefined. */
  end(): Promise<number | undefined>
}

/**
 * Said by `dist/<action>/post.js` before it loads the bundle. A saved state would be missing after a step that was
 * killed early, and the end of the job would do its work a second time.
 */
export const isEndOfJob = (): boolean =>
  Reflect.get(globalThis, Symbol.for('clickstream-actions.end-of-job')) === true

/** @param kind a post step only warns: the job goes on. */
export async function openRunner(
  name: string,
  kind: { readonly isPost: boolean } = { isPost: false },
): Promise<OpenRunner> {
  const core = await import('@actions/core')
  const used = { error: 0, warning: 0, notice: 0 }
  const watch = watchExit(name, {
    isFailure: !kind.isPost,
    tell: (message) => (kind.isPost ? core.warning(message) : core.error(message)),
  })
  // Whatever is shown passes here: the words of others may hold what no mask knows.
  const hide = hideLineByLine()
  const info = (line: string) => core.info(withoutCommands(hide(line)))
  const cancellation = listenForCancellation(info)
  const annotate = (annotations: readonly Annotation[]) => {
    const { shown, hidden } = chooseAnnotations(annotations, used)
    for (const { kind, message, title, file, line, column } of shown) {
      used[kind] += 1
      core[kind](message, { title, file, startLine: line, startColumn: column })
    }
    for (const { kind, message, file, line } of hidden)
      info(`${kind}: ${file ? `${file}${line ? `:${line}` : ''}: ` : ''}${message}`)
  }
  return {
    inputs: createInputs((name) => core.getInput(name)),
    context: readContext(process.env),
    environment: process.env,
    log: {
      info,
      debug: (line) => core.debug(hideSecrets(line)),
      warning: (line) => annotate([{ kind: 'warning', message: line }]),
    },
    mask: (secret) => {
      // The runner masks line by line.
      for (const line of secret.split(/\r?\n/)) if (line.trim() !== '') core.setSecret(line)
    },
    exportVariable: (name, value) => core.exportVariable(name, value),
    addPath: (directory) => core.addPath(directory),
    saveState: (name, value) => core.saveState(name, value),
    readState: (name) => core.getState(name),
    setOutputs: (outputs) => {
      for (const [name, value] of Object.entries(outputs)) core.setOutput(name, String(value))
    },
    annotate,
    writeSummary: async (blocks) => {
      // Absent on old GitHub Enterprise servers and outside a runner; a summary is not worth a failure.
      if (!process.env.GITHUB_STEP_SUMMARY || blocks.length === 0) return
      await core.summary.addRaw(renderSummary(blocks)).write()
    },
    fail: (message) => core.setFailed(hideSecrets(message)),
    execute: (program, args, options) => execute(program, args, info, options),
    converse,
    cancelled: cancellation.signal,
    onCancel: cancellation.onCancel,
    end: cancellation.end,
    ...watch,
  }
}

/**
 * A line of someone else's program must not be read as a command: the runner takes `::name::` at a line's
 * start and `##[name]` anywhere.
 */
export function withoutCommands(text: string): string {
  return text.replace(/(^|[\r\n\u0085\u2028\u2029])(\s*)::/g, '$1$2:\u200b:').replace(/##\[/g, '#\u200b#[')
}
