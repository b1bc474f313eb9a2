/** Inputs that several BigQuery actions ask for; it refuses a source outside the workspace. */
import path from 'node:path'
import { InputError, wrongValue } from './errors.ts'
import type { RunContext } from './runner/context.ts'
import type { Inputs } from './runner/inputs.ts'

export interface SqlSource {
  /** Absolute. */
  readonly sourceDir: string
  /** Relative to the workspace, forward slashes. */
  readonly source: string
}

export function parseSource(
  raw: Inputs,
  context: Pick<RunContext, 'workspace'>,
  fallback: string,
): SqlSource {
  const given = raw.text('source', fallback)
  const sourceDir = path.resolve(context.workspace, given)
  const source = path.relative(context.workspace, sourceDir)
  if (source.startsWith('..') || path.isAbsolute(source)) {
    throw new InputError(
      `Reading input source: ${given} is outside the workspace; give a folder of the checkout.`,
      { input: 'source', given, accepted: 'a folder inside the workspace', problem: 'workspace-path' },
    )
  }
  return { sourceDir, source: source.split(path.sep).join('/') }
}

export function parseLocation(raw: Inputs): string {
  const location = raw.required('location')
  if (!/^[A-Za-z]+(-[a-z]+\d+)?$/.test(location))
    throw wrongValue('location', location, 'a BigQuery location such as EU or us-central1')
  return location
}
