/** Inputs that several BigQuery actions ask for; it refuses a source outside the workspace. */
import path from 'node:path'
import { wrongValue } from './errors.ts'
import { refuseOutside } from './local-folder.ts'
import type { RunContext } from './runner/context.ts'
import type { Inputs } from './runner/inputs.ts'
import { parseVariables, type Variables } from './sql-variables.ts'

export interface SqlSource {
  readonly workspace: string
  /** Absolute. */
  readonly sourceDir: string
  /** Relative to the workspace, forward slashes. */
  readonly source: string
  /** What stands for `${name}` in the files. */
  readonly variables: Variables
}

export function parseSource(
  raw: Inputs,
  context: Pick<RunContext, 'workspace'>,
  fallback: string,
): SqlSource {
  const given = raw.text('source', fallback)
  const sourceDir = path.resolve(context.workspace, given)
  const source = path.relative(context.workspace, sourceDir)
  refuseOutside(source, given, 'source')
  return {
    ...{ workspace: context.workspace, sourceDir, source: source.split(path.sep).join('/') },
    variables: parseVariables(raw),
  }
}

export function parseLocation(raw: Inputs): string {
  const location = raw.required('location')
  if (!/^[A-Za-z]+(-[a-z]+\d+)?$/.test(location))
    throw wrongValue('location', location, 'a BigQuery location such as EU or us-central1')
  return location
}
