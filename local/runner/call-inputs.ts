/**
 * Gives a called workflow its inputs with their types, its secrets and its outputs, as GitHub does; it
 * refuses a value of another type than declared.
 */
import { ExpressionError } from './expressions.ts'
import type { Contexts, Scope, Value } from './expressions.ts'
import { child, entries, literal, textOf, textsOf, valueOf } from './tokens.ts'
import type { Workflow, WorkflowJob } from './workflow.ts'

/**
 * `scope` is the caller's, `defaults` the called file's own: a default sees github and vars, not the caller's
 * needs.
 */
export const callInputs = (
  job: WorkflowJob,
  called: Workflow,
  scope: Scope,
  defaults: Scope,
): Record<string, Value> => {
  const given = new Map(entries(job.call?.with).map(({ key, value }) => [key.toLowerCase(), value]))
  const inputs: Record<string, Value> = {}
  for (const { key, value: definition } of entries(child(child(called.on, 'workflow_call'), 'inputs'))) {
    const type = literal(child(definition, 'type')) ?? 'string'
    const token = given.get(key.toLowerCase())
    const fallback = child(definition, 'default')
    if (token) inputs[key] = typedInput(key, type, valueOf(token, scope))
    else inputs[key] = fallback ? typedInput(key, type, valueOf(fallback, defaults)) : emptyOf(type)
  }
  return inputs
}

export const typedInput = (name: string, type: string, value: Value): Value => {
  if (type === 'string') {
    if (value === null || value === undefined) return ''
    if (typeof value === 'object')
      throw new ExpressionError(
        `input '${name}' is a string, not a mapping or sequence; write \${{ toJSON(…) }}`,
      )
    return String(value)
  }
  if (typeof value === type) return value
  const write = type === 'boolean' ? 'true or false' : 'a number'
  throw new ExpressionError(
    `Unexpected value '${typeof value === 'string' ? value : JSON.stringify(value ?? '')}': input '${name}' is a ${type}; write ${write}, or \${{ fromJSON(…) }} of a text`,
  )
}

const emptyOf = (type: string): Value => (type === 'boolean' ? false : type === 'number' ? 0 : '')

export const callSecrets = (
  job: WorkflowJob,
  callers: Readonly<Record<string, string>>,
  scope: Scope,
): Record<string, string> =>
  literal(job.call?.secrets) === 'inherit' ? { ...callers } : textsOf(job.call?.secrets, scope, 'secrets')

/** `on.workflow_call.outputs`: made of the outputs of its jobs. */
export const callOutputs = (called: Workflow, contexts: Contexts): Record<string, string> =>
  Object.fromEntries(
    entries(child(child(called.on, 'workflow_call'), 'outputs'))
      .map(({ key, value }): [string, string] => [
        key,
        textOf(child(value, 'value'), { contexts }, `outputs.${key}`),
      ])
      .filter(([, text]) => text !== ''),
  )
