/**
 * Makes a small repository of workflows and real actions in a temporary directory and runs them; it refuses
 * to touch this checkout.
 */
import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { JobResult, StepResult, WorkflowResult } from '../../../local/runner/result.ts'
import { runWorkflow } from '../../../local/runner/run-workflow.ts'
import type { RunOptions } from '../../../local/runner/run-workflow.ts'

export const identity = { repository: 'caec/clickstream', repositoryId: '111', repositoryOwnerId: '222' }

export interface Repository {
  readonly root: string
  readonly lines: string[]
  run(workflow: string, options?: Partial<RunOptions>): Promise<WorkflowResult>
  write(path: string, content: string): Promise<void>
  git(...args: string[]): void
  remove(): Promise<void>
}

export const makeRepository = async (files: Readonly<Record<string, string>> = {}): Promise<Repository> => {
  const root = await mkdtemp(join(tmpdir(), 'repository with space '))
  const lines: string[] = []
  const write = async (path: string, content: string): Promise<void> => {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), content)
  }
  for (const [path, content] of Object.entries(files)) await write(path, content)
  return {
    root,
    lines,
    write,
    async run(workflow, options = {}) {
      await write('workflow.yml', workflow)
      return runWorkflow({
        file: 'workflow.yml',
        repositoryRoot: root,
        stateDir: join(root, '.state'),
        identity,
        show: (line) => {
          lines.push(line)
        },
        ...options,
      })
    },
    git: (...args) => {
      execFileSync('git', ['-C', root, '-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], {
        stdio: 'pipe',
      })
    },
    remove: () => rm(root, { recursive: true, force: true }),
  }
}

/** One job named `job` whose steps are given, indented by six. */
export const oneJob = (steps: string, job = ''): string => `on: workflow_dispatch
jobs:
  job:
    runs-on: ubuntu-latest
${job ? `${indent(job, 4)}\n` : ''}    steps:
${indent(steps.replace(/^\n/, ''), 6)}
`
const indent = (text: string, spaces: number): string =>
  text
    .split('\n')
    .map((line) => (line.trim() === '' ? '' : ' '.repeat(spaces) + line))
    .join('\n')

export const onlyJob = (result: WorkflowResult): JobResult => result.jobs[0] as JobResult
export const stepNamed = (result: WorkflowResult, id: string): StepResult =>
  onlyJob(result).steps.find((step) => step.id === id) as StepResult

/** A JavaScript action whose stages are given as source. */
export const nodeAction = (
  name: string,
  stages: { main: string; pre?: string; post?: string; inputs?: string; postIf?: string },
): Record<string, string> => ({
  [`actions/${name}/action.yml`]: [
    `name: ${name}`,
    'description: test',
    ...(stages.inputs ? ['inputs:', stages.inputs] : []),
    'runs:',
    '  using: node24',
    '  main: main.js',
    ...(stages.pre ? ['  pre: pre.js'] : []),
    ...(stages.post ? ['  post: post.js'] : []),
    ...(stages.postIf ? [`  post-if: ${stages.postIf}`] : []),
    '',
  ].join('\n'),
  [`actions/${name}/main.js`]: stages.main,
  ...(stages.pre ? { [`actions/${name}/pre.js`]: stages.pre } : {}),
  ...(stages.post ? { [`actions/${name}/post.js`]: stages.post } : {}),
})

/** A killed process whose parent has not collected it yet is a zombie: it runs no more. */
export const isRunning = (pid: number): boolean => {
  try {
    return (
      execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' })
        .trim()
        .startsWith('Z') === false
    )
  } catch {
    return false
  }
}
