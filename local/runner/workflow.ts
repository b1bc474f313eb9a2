/** Reads a workflow file with GitHub's own parser into what the runner executes; it refuses a file GitHub would refuse, with file and line. */
import './json-import-hook.ts'
import { readFile } from 'node:fs/promises'
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
  /** Set by the runner when `uses: ./path` is not in the workspace at its turn. */
  readonly missingAction?: string
}
export interface WorkflowJob {
  readonly id: string
  readonly line: number
  readonly name?: Token
  readonly needs: readonly string[]
  readonly condition: string
  readonly env?: Token
  readonly environment?: Token
  readonly permissions?: Token
  readonly outputs?: Token
  readonly defaultShell?: Token
  readonly defaultWorkingDirectory?: Token
  readonly continueOnError?: Token
  readonly timeoutMinutes?: Token
  readonly steps: readonly WorkflowStep[]
}
export interface Workflow {
  /** Path as shown, relative to the repository. */
  readonly file: string
  readonly name: string
  readonly root: Token
  readonly events: readonly string[]
  readonly dispatchInputs?: Token
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

/** What the parser's conversion adds to the raw tree: conditions with their implicit `success()`, and step ids. */
interface ConvertedJob {
  id: { value: string }
  type: string
  if: { expression: string }
  needs?: { value: string }[]
  steps?: ConvertedStep[]
}
interface ConvertedStep {
  id: string
  if?: { expression: string }
}

export const readWorkflow = async (path: string, shownAs: string): Promise<Workflow> => {
  const parser = await import('@actions/workflow-parser')
  const content = await readFile(path, 'utf8')
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
  const root = parsed.value as Token
  const converted = new Map((template.jobs as unknown as ConvertedJob[]).map((job) => [job.id.value, job]))
  const runDefaults = child(child(root, 'defaults'), 'run')
  const on = child(root, 'on')
  const eventNames =
    literal(on) !== undefined ? [literal(on) as string] : [...items(on).map((item) => literal(item) ?? ''), ...entries(on).map(({ key }) => key)]
  return {
    file: shownAs,
    name: literal(child(root, 'name')) ?? shownAs,
    root,
    events: eventNames,
    dispatchInputs: child(child(on, 'workflow_dispatch'), 'inputs'),
    env: child(root, 'env'),
    permissions: child(root, 'permissions'),
    jobs: entries(child(root, 'jobs')).map(({ key, keyToken, value }) => readJob(key, keyToken, value, converted.get(key), runDefaults)),
  }
}

const readJob = (id: string, keyToken: Token, job: Token, converted: ConvertedJob | undefined, runDefaults: Token | undefined): WorkflowJob => {
  const own = child(child(job, 'defaults'), 'run')
  return {
    id,
    line: lineOf(keyToken),
    name: child(job, 'name'),
    needs: converted?.needs?.map((need) => need.value) ?? [],
    condition: converted?.if.expression ?? 'success()',
    env: child(job, 'env'),
    environment: child(job, 'environment'),
    permissions: child(job, 'permissions'),
    outputs: child(job, 'outputs'),
    defaultShell: child(own, 'shell') ?? child(runDefaults, 'shell'),
    defaultWorkingDirectory: child(own, 'working-directory') ?? child(runDefaults, 'working-directory'),
    continueOnError: child(job, 'continue-on-error'),
    timeoutMinutes: child(job, 'timeout-minutes'),
    steps: items(child(job, 'steps')).map((step, index) => readStep(step, converted?.steps?.[index])),
  }
}

const readStep = (step: Token, converted: ConvertedStep | undefined): WorkflowStep => ({
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
