/**
 * Runs one action: the only place where an error becomes an exit code. It refuses to lose a report: that is
 * written first, then the step fails.
 */
import { ActionError, WorkFailedError } from './errors.ts'
import type { ProblemId } from './problems.ts'
import type { Report, SummaryBlock } from './report.ts'
import { openRunner, type Runner } from './runner/runner.ts'

export type { Runner } from './runner/runner.ts'

/** The main step: `work` makes the report; the error in it, or thrown, fails the step. */
export async function runAction(name: string, work: (runner: Runner) => Promise<Report>): Promise<void> {
  // A process that ends before its end (an unsettled promise, a stubbed import) must not look like success.
  process.exitCode = 1
  const runner = await openRunner()
  try {
    const report = await work(runner)
    runner.setOutputs(report.outputs)
    runner.annotate(report.annotations ?? [])
    await runner.writeSummary(report.summary)
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- kept as it was caught, whatever it was
    if (report.failure !== undefined) throw report.failure
    process.exitCode = 0
  } catch (error) {
    await writeFailure(name, runner, error)
  } finally {
    runner.close()
  }
}

/** The post step: warns and lets the job go on. */
export async function runPost(name: string, work: (runner: Runner) => Promise<void>): Promise<void> {
  const runner = await openRunner()
  try {
    await work(runner)
  } catch (error) {
    runner.log.warning(`${name}, tidying up: ${error instanceof Error ? error.message : String(error)}`)
  } finally {
    runner.close()
  }
}

async function writeFailure(name: string, runner: Runner, error: unknown): Promise<void> {
  if (error instanceof WorkFailedError) runner.annotate(error.annotations)
  const page = runner.context.troubleshootingUrl
  const about = (problem: ProblemId): string => (page === '' ? '' : `${page}#${problem}`)
  if (error instanceof ActionError) {
    const link = about(error.problem)
    const sentences = [
      error.message,
      error.hint,
      error instanceof WorkFailedError && error.link ? `Log: ${error.link}` : undefined,
      link && `More: ${link}`,
    ]
    runner.fail(`${name}: ${sentences.filter(Boolean).join('\n')}`)
    await runner
      .writeSummary([
        { kind: 'heading', text: `${name} failed` },
        ...lines(error.message),
        ...(error.hint ? [{ kind: 'text', text: error.hint } as const] : []),
        ...(link
          ? [
              {
                kind: 'list',
                items: [{ text: `What to do about it: ${error.problem}`, href: link }],
              } as const,
            ]
          : []),
        ...(error instanceof WorkFailedError && error.lastLines.length > 0
          ? [{ kind: 'details', label: 'Last lines', text: error.lastLines.join('\n') } as const]
          : []),
      ])
      .catch(() => undefined)
    return
  }
  // Ours to fix: the stack is what we need to see.
  const text = error instanceof Error ? error.message : String(error)
  runner.log.info(error instanceof Error && error.stack ? error.stack : text)
  runner.fail(
    [
      `${name}: an unexpected error, most likely a fault of this action: ${text}`,
      runner.context.issuesUrl && `Please report it: ${runner.context.issuesUrl}`,
      page && `More: ${about('unexpected')}`,
    ]
      .filter(Boolean)
      .join('\n'),
  )
}

/** One paragraph per line: a message may hold the words of a job below its first line. */
function lines(message: string): SummaryBlock[] {
  return message
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .map((text) => ({ kind: 'text', text }))
}
