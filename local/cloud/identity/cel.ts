/**
 * Evaluates IAM's expressions: conditions of bindings and providers, attribute mappings. A missing key is an
 * error, never false.
 */
import { Environment } from '@marcbachmann/cel-js'

export type Evaluate = (context: Record<string, unknown>) => unknown

class ApiContext {
  readonly attributes: Readonly<Record<string, string>>
  constructor(attributes: Readonly<Record<string, string>>) {
    this.attributes = attributes
  }
}

/** https://cloud.google.com/iam/docs/conditions-attribute-reference#extract */
export function extract(text: string, template: string): string {
  const hole = /^([^{}]*)\{[A-Za-z_]\w*\}([^{}]*)$/.exec(template)
  if (!hole) throw new Error(`extract() takes a template with one {name}: '${template}'`)
  const [, before, after] = hole as unknown as [string, string, string]
  const start = text.indexOf(before)
  if (start === -1) return ''
  const rest = text.slice(start + before.length)
  if (after === '') return rest
  const end = rest.indexOf(after)
  return end === -1 ? '' : rest.slice(0, end)
}

function language(): Environment {
  return new Environment({ limits: { maxAstNodes: 2000, maxDepth: 64 } }).registerFunction(
    'string.extract(string): string',
    extract,
  )
}

const bindingLanguage = language()
  .registerType('ApiContext', { ctor: ApiContext, fields: {} })
  .registerVariable('api', 'ApiContext')
  .registerVariable('resource', 'map')
  .registerVariable('request', 'map')
  .registerFunction(
    'ApiContext.getAttribute(string, string): string',
    (api: ApiContext, name: string, otherwise: string) =>
      Object.hasOwn(api.attributes, name) ? api.attributes[name]! : otherwise,
  )

const mappingLanguage = language().registerVariable('assertion', 'map')
const providerLanguage = language().registerVariable('assertion', 'map').registerVariable('attribute', 'map')

/** Each throws with CEL's own words when the expression does not parse or has no fitting type. */
export const compileMapping = (expression: string): Evaluate => compile(mappingLanguage, expression, [])
export function compileProviderCondition(expression: string): Evaluate {
  // The library keeps the name `google` for protobuf types, so google.subject would silently be a missing
  // key.
  if (/\bgoogle\s*[.[]/.test(expression.replaceAll(/'[^']*'|"[^"]*"/g, '""')))
    throw new Error('google.* in a condition is not supported here; write what it is mapped from')
  return compile(providerLanguage, expression, ['bool', 'dyn'])
}

export interface BindingContext {
  readonly resource: { readonly name: string; readonly type: string; readonly service: string }
  readonly attributes: Readonly<Record<string, string>>
  readonly time: Date
}
/** An expression that fails grants nothing, as IAM does. */
export function compileBindingCondition(expression: string): (context: BindingContext) => boolean {
  const evaluate = compile(bindingLanguage, expression, ['bool', 'dyn'])
  return ({ resource, attributes, time }) => {
    try {
      return evaluate({ resource, request: { time }, api: new ApiContext(attributes) }) === true
    } catch {
      return false
    }
  }
}

function compile(environment: Environment, expression: string, types: readonly string[]): Evaluate {
  const parsed = environment.parse(expression)
  const checked = parsed.check() as { valid: boolean; type?: string; error?: Error }
  if (!checked.valid) throw checked.error ?? new Error('the expression is not valid')
  if (types.length > 0 && !types.includes(String(checked.type)))
    throw new Error(`the expression gives ${String(checked.type)}, not bool`)
  return (context) => parsed(context) as unknown
}

/** JSON has one number; CEL has two. Whole numbers of a token are ints there. */
export function toCel(value: unknown): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value
  if (Array.isArray(value)) return value.map(toCel)
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toCel(item)]))
  return value
}
