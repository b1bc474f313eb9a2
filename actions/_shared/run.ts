/**
 * Runs one action: the pipeline of the five stages, and the only place where an error becomes an exit code. It
 * refuses to lose a report: that is written first, then the step fails.
 */
import { endWithin } from './apply.ts'
import { ActionError, cancelled, WorkFailedError } from './errors.ts'
import { agree, describePlan, notApplied, planDigest, type Outcome, type Plan } from './plan.ts'
import type { ProblemId } from './problems.ts'
import type { Report, SummaryBlock } from './report.ts'
import type { RunContext } from './runner/context.ts'
import type { Inputs as RawInputs } from './runner/inputs.ts'
import { isEndOfJob, openRunner, type OpenRunner, type Runner } from './runner/runner.ts'

export type { Runner } from './runner/runner.ts'

/** What the pipeline itself reads of an action's inputs; an action without them always applies its plan. */
export interface Wishes {
  readonly isDryRun?: boolean
  readonly expectedPlan?: string
}

type StepOf<P extends Plan> = P['steps'][number]

/** The five stages, and what connects them with the world. */
export interface Stages<
  Inputs extends object,
  Edge extends { readonly notes: readonly string[] },
  Observed,
  P extends Plan,
  Result extends Outcome<StepOf<P>>,
> {
  parseInputs(raw: RawInputs, context: RunContext): Inputs
  connect(inputs: NoInfer<Inputs>, runner: Runner): Promise<Edge>
  observe(inputs: NoInfer<Inputs>, edge: NoInfer<Edge>, runner: Runner): Promise<Observed>
  plan(inputs: NoInfer<Inputs>, observed: NoInfer<Observed>, edge: NoInfer<Edge>): P
  /** What a dry run does instead of `apply`, where that is more than nothing; it changes nothing. */
  preview?(
    plan: NoInfer<P>,
    inputs: NoInfer<Inputs>,
    observed: NoInfer<Observed>,
    edge: NoInfer<Edge>,
    runner: Runner,
  ): Promise<NoInfer<Result>>
  apply(
    plan: NoInfer<P>,
    inputs: NoInfer<Inputs>,
    observed: NoInfer<Observed>,
    edge: NoInfer<Edge>,
    runner: Runner,
  ): Promise<Result>
  report(
    plan: NoInfer<P>,
    outcome: NoInfer<Result> | Outcome<StepOf<NoInfer<P>>, never>,
    inputs: NoInfer<Inputs>,
    notes: readonly string[],
    observed: NoInfer<Observed>,
  ): Report
  /** False for an action whose plan nobody reviews: it puts out neither plan nor digest. */
  readonly isPlanPutOut?: boolean
  /** What the end of the job has to do about what this step left behind: the same bundle, started by `post.js`. */
  tidyUp?(runner: Runner): Promise<void>
}

/** The main step of an action that plans: dry run, agreement, digest, outcome, report and cancellation. */
export function runPlanned<
  Inputs extends object,
  Edge extends { readonly notes: readonly string[] },
  Observed,
  P extends Plan,
  Result extends Outcome<StepOf<P>>,
>(name: string, stages: Stages<Inputs, Edge, Observed, P, Result>): Promise<void> {
  if (stages.tidyUp !== undefined && isEndOfJob()) return runPost(name, stages.tidyUp)
  return runAction(name, async (runner) => {
    runner.at('reading the inputs')
    const inputs = stages.parseInputs(runner.inputs, runner.context)
    const { isDryRun = false, expectedPlan }: Wishes = inputs
    const edge = await unlessCancelled('Connecting to Google', stages.connect(inputs, runner), runner)
    const observed = await unlessCancelled(
      'Looking at what is there',
      stages.observe(inputs, edge, runner),
      runner,
    )
    runner.at('planning')
    const plan = stages.plan(inputs, observed, edge)
    const carryOut = async (): Promise<Result | Outcome<StepOf<P>, never>> => {
      try {
        agree(name, plan, expectedPlan)
      } catch (failure) {
        return { ...notApplied(plan), failure }
      }
      if (isDryRun && stages.preview === undefined) return notApplied(plan)
      if (!isDryRun && plan.refusal !== undefined) return { ...notApplied(plan), failure: plan.refusal }
      runner.at(isDryRun ? 'previewing the plan' : 'applying the plan')
      const work = (isDryRun ? stages.preview : stages.apply)?.(plan, inputs, observed, edge, runner)
      let outcome: Result | undefined
      const isEnded = await endWithin(
        Promise.resolve(work).then((result) => {
          outcome = result
        }),
        runner.cancelled,
        LAST_WORDS_MS,
      )
      if (isEnded && outcome !== undefined) return outcome
      return {
        isApplied: true,
        done: [],
        unfinished: plan.steps,
        failure: cancelled(
          'Applying the plan',
          'what was under way did not end in time; look before running again',
        ),
      }
    }
    const outcome = await carryOut()
    runner.at('writing the report')
    const told = stages.report(plan, outcome, inputs, edge.notes, observed)
    const report = { ...told, failure: told.failure ?? outcome.failure }
    return stages.isPlanPutOut === false ? report : withPlan(name, plan, outcome, report)
  })
}

/** More than applyGroups gives what is in flight, so that its own account comes first. */
const LAST_WORDS_MS = 4_500

/** Reading stages change nothing: a cancellation ends them at once. */
async function unlessCancelled<T>(doing: string, work: Promise<T>, runner: OpenRunner): Promise<T> {
  runner.at(doing.toLowerCase())
  let onAbort = (): void => undefined
  const abort = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(cancelled(doing, 'nothing was changed'))
    if (runner.cancelled.aborted) onAbort()
    else runner.cancelled.addEventListener('abort', onAbort)
  })
  try {
    return await Promise.race([work, abort])
  } finally {
    runner.cancelled.removeEventListener('abort', onAbort)
  }
}

function withPlan(name: string, plan: Plan, outcome: Outcome, report: Report): Report {
  const digest = planDigest(name, plan)
  const where = Object.entries(plan.target).map(([what, value]) => `${what} ${value}`)
  return {
    ...report,
    outputs: {
      ...report.outputs,
      plan: JSON.stringify(describePlan(name, plan, outcome)),
      'plan-digest': digest,
    },
    summary: [
      ...report.summary,
      {
        kind: 'text',
        text: `Plan digest: ${digest} (${[...where, plan.owner && `owner ${plan.owner}`].filter(Boolean).join(', ')})`,
      },
    ],
  }
}

/** The main step: `work` makes the report; the error in it, or thrown, fails the step. */
export async function runAction(name: string, work: (runner: OpenRunner) => Promise<Report>): Promise<void> {
  const runner = await openRunner(name)
  let isFailed = false
  try {
    const report = await work(runner)
    runner.setOutputs(report.outputs)
    runner.annotate(report.annotations ?? [])
    await runner.writeSummary(report.summary)
    const failure =
      report.failure ??
      (runner.cancelled.aborted
        ? cancelled(`Running ${name}`, 'everything it had to do was done by then')
        : undefined)
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- kept as it was caught, whatever it was
    if (failure !== undefined) throw failure
  } catch (error) {
    isFailed = true
    await writeFailure(name, runner, byCancellation(name, error, runner))
  }
  runner.isReported()
  const exitCode = await runner.end()
  // After a cancellation nothing may keep the process: a request that still waits would.
  if (exitCode !== undefined) process.exit(exitCode)
  process.exitCode = isFailed ? 1 : 0
}

/** A request that was cut off fails in its own words; the reason is the cancellation. */
function byCancellation(name: string, error: unknown, runner: Runner): unknown {
  if (!runner.cancelled.aborted || (error instanceof ActionError && error.problem === 'cancelled'))
    return error
  const text = error instanceof Error ? error.message : String(error)
  return cancelled(`Running ${name}`, `this ended it: ${text}`)
}

/** The post step: warns and lets the job go on. */
async function runPost(name: string, work: (runner: Runner) => Promise<void>): Promise<void> {
  const runner = await openRunner(`${name}, tidying up`, { isPost: true })
  try {
    await work(runner)
  } catch (error) {
    runner.log.warning(`${name}, tidying up: ${error instanceof Error ? error.message : String(error)}`)
  }
  runner.isReported()
  const exitCode = await runner.end()
  if (exitCode !== undefined) process.exit(exitCode)
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
