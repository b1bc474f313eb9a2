/** Reads an action.yml with GitHub's own parser into what the runner needs to start it; it refuses any action that is not JavaScript on Node 20 or 24. */
import './json-import-hook.ts'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { child, entries, literal } from './tokens.ts'
import type { Token } from './tokens.ts'

/** `default` may hold expressions such as `${{ github.repository }}`. */
export interface ActionInput {
  readonly name: string
  readonly isRequired: boolean
  readonly default?: Token
  readonly deprecation?: string
}
export interface ActionFile {
  readonly name: string
  readonly directory: string
  readonly inputs: readonly ActionInput[]
  readonly outputs: readonly string[]
  readonly main: string
  readonly pre?: string
  readonly preIf: string
  readonly post?: string
  readonly postIf: string
}

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
  const [{ NoOperationTraceWriter }, { parseAction }] = await Promise.all([
    import('@actions/workflow-parser'),
    import('@actions/workflow-parser/actions/action-parser'),
  ])
  const parsed = parseAction({ name: fileName, content }, new NoOperationTraceWriter())
  const root = parsed.value as Token | undefined
  const runs = child(root, 'runs')
  const using = literal(child(runs, 'using'))
  if (using === 'docker' || using === 'composite') throw new ActionFileError(`${using} actions are not supported; supported: node24, node20`)
  const errors = parsed.context.errors.getErrors()
  if (errors.length > 0 || !root)
    throw new ActionFileError(errors.map((error) => `${fileName}:${error.range?.start.line ?? 1}: ${error.rawMessage}`).join('; '))
  if (using !== 'node24' && using !== 'node20') throw new ActionFileError(`runs.using: ${using ?? '(missing)'} is not supported; supported: node24, node20`)
  const main = literal(child(runs, 'main'))
  if (!main) throw new ActionFileError('runs.main is missing')
  return {
    name: literal(child(root, 'name')) ?? '',
    directory,
    inputs: entries(child(root, 'inputs')).map(({ key, value }) => ({
      name: key,
      isRequired: literal(child(value, 'required')) === 'true',
      default: child(value, 'default'),
      deprecation: literal(child(value, 'deprecationMessage')),
    })),
    outputs: entries(child(root, 'outputs')).map(({ key }) => key),
    main,
    pre: literal(child(runs, 'pre')),
    preIf: literal(child(runs, 'pre-if')) || 'always()',
    post: literal(child(runs, 'post')),
    postIf: literal(child(runs, 'post-if')) || 'always()',
  }
}
