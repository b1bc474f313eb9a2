/**
 * Reads a workflow file with GitHub's own parser into what the runner executes; it refuses a file GitHub
 * would refuse, with file and line.
 */
import './json-import-hook.ts'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileRef } from './source.ts'
import type { Source } from './source.ts'
import { child, entries, items, lineOf, literal } from './tokens.ts'
import type { Token } from './tokens.ts'

export interface Problem {
  readonly file: string
  readonly line: number
  readonly message: string
}

export interface WorkflowStep {
  readonly id: string
  /** False when GitHub made the id up: such a step is not in the `steps` context. */
  readonly hasOwnId: boolean
  readonly line: number
  readonly name?: Token
  readonly condition: string
  readonly uses?: string
  readonly run?: Token
  readonly with?: Token
  readonly env?: Token
  readonly shell?: Token
  readonly workingDirectory?: Token
  readonly continueOnError?: Token
  readonly timeoutMinutes?: Token
}
export interface WorkflowJob {
  readonly id: string
  readonly line: number
  readonly name?: Token
  readonly needs: readonly string[]
  readonly condition: string
  readonly strategy?: Token
  readonly concurrency?: Token
  readonly env?: Token
  readonly environment?: Token
  readonly permissions?: Token
  readonly outputs?: Token
  readonly defaultShell?: Token
  readonly defaultWorkingDirectory?: Token
  readonly continueOnError?: Token
  readonly timeoutMinutes?: Token
  readonly steps: readonly WorkflowStep[]
  /** Set when the job calls a reusable workflow. */
  readonly call?: {
    readonly uses: string
    readonly line: number
    readonly with?: Token
    readonly secrets?: Token
  }
}
export interface Workflow {
  /** As shown: the path, with the repository before it when that is not the run's own. */
  readonly file: string
  /** Relative to its repository. */
  readonly path: string
  readonly source: Source
  readonly name: string
  readonly root: Token
  readonly events: readonly string[]
  readonly on?: Token
  readonly env?: Token
  readonly permissions?: Token
  readonly jobs: readonly WorkflowJob[]
}

export class WorkflowProblems extends Error {
  override name = 'WorkflowProblems'
  readonly problems: readonly Problem[]
  constructor(problems: readonly Problem[]) {
    super(problems.map(({ file, line, message }) => `${file}:${line}: ${message}`).join('\n'))
    this.problems = problems
  }
}

/**
 * What the parser's conversion adds to the raw tree: conditions with their implicit `success()`, and step
 * ids.
 */
interface ConvertedJob {
  id: { value: string }
  type: string
  if: { expression: string }
  needs?: { value: string }[]
  steps?: ConvertedStep[]
}
export interface ConvertedStep {
  id: string
  if?: { expression: string }
}

/** `job_workflow_ref` and its kin. */
export const refOfWorkflow = (workflow: Workflow): string => fileRef(workflow.source, workflow.path)

export const readWorkflow = async (source: Source, path: string, shownAs = path): Promise<Workflow> => {
  const parser = await import('@actions/workflow-parser')
  const content = await readFile(join(source.root, path), 'utf8')
  const parsed = parser.parseWorkflow({ name: shownAs, content }, new parser.NoOperationTraceWriter())
  const failWith = (): never => {
    throw new WorkflowProblems(
      // The parser of YAML adds a drawing of the place below its sentence; the place is named already.
      parsed.context.errors.getErrors().map((error) => ({
        file: shownAs,
        line: error.range?.start.line ?? 1,
        message: error.rawMessage.split('\n', 1)[0]!.replace(/ at line \d+, column \d+:$/, ''),
      })),
    )
  }
  if (parsed.context.errors.count > 0 || !parsed.value) return failWith()
  const template = await parser.convertWorkflowTemplate(parsed.context, parsed.value)
  if (parsed.context.errors.count > 0) return failWith()
  const root = parsed.value
  const converted = new Map((template.jobs as unknown as ConvertedJob[]).map((job) => [job.id.value, job]))
  const runDefaults = child(child(root, 'defaults'), 'run')
  const on = child(root, 'on')
  const eventNames =
    literal(on) !== undefined
      ? [literal(on) as string]
      : [...items(on).map((item) => literal(item) ?? ''), ...entries(on).map(({ key }) => key)]
  return {
    file: shownAs,
    path,
    source,
    name: literal(child(root, 'name')) ?? path,
    root,
    events: eventNames,
    on,
    env: child(root, 'env'),
    permissions: child(root, 'permissions'),
    jobs: entries(child(root, 'jobs')).map(({ key, keyToken, value }) =>
      readJob(key, keyToken, value, converted.get(key), runDefaults),
    ),
  }
}

const readJob = (
  id: string,
  keyToken: Token,
  job: Token,
  converted: ConvertedJob | undefined,
  runDefaults: Token | undefined,
): WorkflowJob => {
  const own = child(child(job, 'defaults'), 'run')
  return {
    id,
    line: lineOf(keyToken),
    name: child(job, 'name'),
    needs: converted?.needs?.map((need) => need.value) ?? [],
    condition: converted?.if.expression ?? 'success()',
    strategy: child(job, 'strategy'),
    concurrency: child(job, 'concurrency'),
    env: child(job, 'env'),
    environment: child(job, 'environment'),
    permissions: child(job, 'permissions'),
    outputs: child(job, 'outputs'),
    defaultShell: child(own, 'shell') ?? child(runDefaults, 'shell'),
    defaultWorkingDirectory: child(own, 'working-directory') ?? child(runDefaults, 'working-directory'),
    continueOnError: child(job, 'continue-on-error'),
    timeoutMinutes: child(job, 'timeout-minutes'),
    steps: items(child(job, 'steps')).map((step, index) => readStep(step, converted?.steps?.[index])),
    ...readCall(job),
  }
}

const readCall = (job: Token): Pick<WorkflowJob, 'call'> => {
  const uses = child(job, 'uses')
  const text = literal(uses)
  return text === undefined
    ? {}
    : { call: { uses: text, line: lineOf(uses), with: child(job, 'with'), secrets: child(job, 'secrets') } }
}

export const readStep = (step: Token, converted: ConvertedStep | undefined): WorkflowStep => ({
  id: converted?.id ?? '',
  hasOwnId: child(step, 'id') !== undefined,
  line: lineOf(entries(step)[0]?.keyToken ?? step),
  name: child(step, 'name'),
  condition: converted?.if?.expression ?? 'success()',
  uses: literal(child(step, 'uses')),
  run: child(step, 'run'),
  with: child(step, 'with'),
  env: child(step, 'env'),
  shell: child(step, 'shell'),
  workingDirectory: child(step, 'working-directory'),
  continueOnError: child(step, 'continue-on-error'),
  timeoutMinutes: child(step, 'timeout-minutes'),
})
