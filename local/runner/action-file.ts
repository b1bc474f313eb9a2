/**
 * Reads an action.yml with GitHub's own parser into what the runner needs to start it; it refuses docker
 * actions and Node older than 20.
 */
import './json-import-hook.ts'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { child, entries, items, literal } from './tokens.ts'
import type { Token } from './tokens.ts'
import { readStep } from './workflow.ts'
import type { ConvertedStep, WorkflowStep } from './workflow.ts'

/** `default` may hold expressions such as `${{ github.repository }}`. */
export interface ActionInput {
  readonly name: string
  readonly isRequired: boolean
  readonly default?: Token
  readonly deprecation?: string
}
interface AnyAction {
  readonly name: string
  readonly directory: string
  /** action.yml or action.yaml. */
  readonly fileName: string
  readonly inputs: readonly ActionInput[]
}
export interface NodeAction extends AnyAction {
  readonly kind: 'node'
  readonly main: string
  readonly pre?: string
  readonly preIf: string
  readonly post?: string
  readonly postIf: string
}
export interface CompositeAction extends AnyAction {
  readonly kind: 'composite'
  readonly steps: readonly WorkflowStep[]
  readonly outputs: readonly { readonly name: string; readonly value?: Token }[]
}
export type ActionFile = NodeAction | CompositeAction

/** Messages begin with the file and the line where those are known. */
export class ActionFileError extends Error {
  override name = 'ActionFileError'
}

/** Undefined when the directory holds no action. */
export const readActionFile = async (directory: string): Promise<ActionFile | undefined> => {
  for (const fileName of ['action.yml', 'action.yaml']) {
    const text = await readFile(join(directory, fileName), 'utf8').catch(() => undefined)
    if (text !== undefined) return parseActionFile(fileName, text, directory)
  }
  return undefined
}

const parseActionFile = async (fileName: string, content: string, directory: string): Promise<ActionFile> => {
  const [{ NoOperationTraceWriter }, { parseAction }, { convertSteps }] = await Promise.all([
    import('@actions/workflow-parser'),
    import('@actions/workflow-parser/actions/action-parser'),
    import('@actions/workflow-parser/model/converter/steps'),
  ])
  const parsed = parseAction({ name: fileName, content }, new NoOperationTraceWriter())
  const root = parsed.value
  const runs = child(root, 'runs')
  const using = literal(child(runs, 'using'))
  const refuseErrors = (): void => {
    const errors = parsed.context.errors.getErrors()
    if (errors.length > 0 || !root)
      throw new ActionFileError(
        errors.map((error) => `${fileName}:${error.range?.start.line ?? 1}: ${error.rawMessage}`).join('; '),
      )
  }
  if (using === 'docker')
    throw new ActionFileError('docker actions are not supported; supported: node24, node20, composite')
  refuseErrors()
  const common = {
    name: literal(child(root, 'name')) ?? '',
    directory,
    fileName,
    inputs: entries(child(root, 'inputs')).map(({ key, value }) => ({
      name: key,
      isRequired: literal(child(value, 'required')) === 'true',
      default: child(value, 'default'),
      deprecation: literal(child(value, 'deprecationMessage')),
    })),
  }
  if (using === 'composite') {
    const steps = child(runs, 'steps')
    const converted = steps ? (convertSteps(parsed.context, steps) as unknown as ConvertedStep[]) : []
    refuseErrors()
    return {
      ...common,
      kind: 'composite',
      steps: items(steps).map((step, index) => readStep(step, converted[index])),
      outputs: entries(child(root, 'outputs')).map(({ key, value }) => ({
        name: key,
        value: child(value, 'value'),
      })),
    }
  }
  if (using !== 'node24' && using !== 'node20')
    throw new ActionFileError(
      `runs.using: ${using ?? '(missing)'} is not supported; supported: node24, node20, composite`,
    )
  const main = literal(child(runs, 'main'))
  if (!main) throw new ActionFileError('runs.main is missing')
  return {
    ...common,
    kind: 'node',
    main,
    pre: literal(child(runs, 'pre')),
    preIf: literal(child(runs, 'pre-if')) || 'always()',
    post: literal(child(runs, 'post')),
    postIf: literal(child(runs, 'post-if')) || 'always()',
  }
}
