/**
 * Turns `--input k=v` into the workflow's inputs with their types, as GitHub's dispatch does; it refuses
 * unknown, missing and ill-typed ones.
 */
import type { Value } from './expressions.ts'
import { child, entries, items, literal } from './tokens.ts'
import type { Workflow } from './workflow.ts'

export class DispatchInputError extends Error {
  override name = 'DispatchInputError'
}

/** `typed` feeds the `inputs` context; `texts` feeds `github.event.inputs`, where everything is text. */
export const dispatchInputs = (
  workflow: Workflow,
  given: Readonly<Record<string, string>>,
  environments?: readonly string[],
): { typed: Record<string, Value>; texts: Record<string, string> } => {
  const declared = entries(child(child(workflow.on, 'workflow_dispatch'), 'inputs'))
  const unknown = Object.keys(given).filter((name) => !declared.some(({ key }) => key === name))
  if (unknown.length > 0) {
    throw new DispatchInputError(
      `Unexpected inputs provided: ${unknown.join(', ')}; ${workflow.file} declares: ${declared.map(({ key }) => key).join(', ') || 'none'}`,
    )
  }
  const typed: Record<string, Value> = {}
  const texts: Record<string, string> = {}
  for (const { key, value: definition } of declared) {
    const type = literal(child(definition, 'type')) ?? 'string'
    const options = items(child(definition, 'options')).map((option) => literal(option) ?? '')
    const fallback =
      literal(child(definition, 'default')) ??
      (type === 'boolean' ? 'false' : type === 'choice' ? (options[0] ?? '') : '')
    const text = Object.hasOwn(given, key) ? (given[key] ?? '') : fallback
    if (text === '' && literal(child(definition, 'required')) === 'true')
      throw new DispatchInputError(`Required input '${key}' not provided; add --input ${key}=…`)
    typed[key] = typedValue(key, type, text, type === 'environment' ? environments : options)
    texts[key] = text
  }
  return { typed, texts }
}

const typedValue = (
  name: string,
  type: string,
  text: string,
  options: readonly string[] | undefined,
): Value => {
  switch (type) {
    case 'boolean':
      if (text !== 'true' && text !== 'false')
        throw new DispatchInputError(`Input '${name}' is '${text}'; accepted: true, false`)
      return text === 'true'
    case 'number':
      if (text === '') return text
      if (!/^-?\d+(\.\d+)?$/.test(text))
        throw new DispatchInputError(`Input '${name}' is '${text}'; a number is expected`)
      return Number(text)
    case 'choice':
    case 'environment':
      if (options && !(text === '' && type === 'environment') && !options.includes(text))
        throw new DispatchInputError(
          `Input '${name}' is '${text}'; accepted: ${options.join(', ') || 'none'}`,
        )
      return text
    case 'string':
      return text
    default:
      throw new DispatchInputError(`Input '${name}' has the type ${type}, which is not supported`)
  }
}
