/**
 * Reads a JSON request body against a table of its proto fields; what Google's parser would refuse is refused
 * in its words.
 */
import { CloudError } from './kernel.ts'
import { STANDARD_PARAMETERS } from './watched-json.ts'

/**
 * A field: scalar, message, list or string map. `ignored` marks output-only fields, which Google accepts and
 * overwrites.
 */
export type Field =
  | { readonly kind: 'string' }
  | { readonly kind: 'bool' }
  | { readonly kind: 'int32' }
  | { readonly kind: 'enum'; readonly values: readonly string[] }
  | { readonly kind: 'duration' }
  | { readonly kind: 'map' }
  | { readonly kind: 'list'; readonly of: Field }
  | { readonly kind: 'message'; readonly fields: Fields }
  | { readonly kind: 'ignored' }
export type Fields = Readonly<Record<string, Field>>
export type Message = { [name: string]: unknown }

const camel = (name: string): string =>
  name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())

/**
 * The body with lowerCamelCase names; proto JSON also accepts the snake_case originals, enum numbers and null
 * for "not set".
 */
export function readMessage(value: unknown, fields: Fields, path: string): Message {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw badValue(path, 'a message', value)
  const message: Message = {}
  for (const [given, inner] of Object.entries(value)) {
    const name = Object.hasOwn(fields, given) ? given : camel(given)
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined
    if (!field) throw unknownName(given, path)
    if (inner === null || field.kind === 'ignored') continue
    if (Object.hasOwn(message, name))
      throw invalid(path, `Invalid JSON payload received. "${name}" at '${path}' is given twice.`)
    message[name] = readField(inner, field, path ? `${path}.${given}` : given)
  }
  return message
}

function readField(value: unknown, field: Field, path: string): unknown {
  switch (field.kind) {
    case 'string':
      if (typeof value !== 'string') throw badValue(path, 'TYPE_STRING', value)
      return value
    case 'bool':
      if (typeof value !== 'boolean') throw badValue(path, 'TYPE_BOOL', value)
      return value
    case 'int32': {
      // Proto JSON takes numbers and decimal strings.
      const number = typeof value === 'string' && /^-?\d{1,10}$/.test(value) ? Number(value) : value
      if (typeof number !== 'number' || !Number.isInteger(number) || Math.abs(number) > 2 ** 31 - 1)
        throw badValue(path, 'TYPE_INT32', value)
      return number
    }
    case 'enum': {
      const name = typeof value === 'number' ? field.values[value] : value
      if (typeof name !== 'string' || !field.values.includes(name))
        throw badValue(path, 'an enum value', value)
      return name
    }
    case 'duration':
      if (typeof value !== 'string' || !/^\d{1,12}(\.\d{1,9})?s$/.test(value))
        throw badValue(path, 'type.googleapis.com/google.protobuf.Duration', value)
      return value
    case 'map':
      if (typeof value !== 'object' || value === null || Array.isArray(value))
        throw badValue(path, 'a map', value)
      return Object.fromEntries(
        Object.entries(value).map(([key, inner]) => [
          key,
          readField(inner, { kind: 'string' }, `${path}[${key}]`),
        ]),
      )
    case 'list':
      if (!Array.isArray(value)) throw badValue(path, 'a list', value)
      return value.map((inner, index) => readField(inner, field.of, `${path}[${index}]`))
    case 'message':
      return readMessage(value, field.fields, path)
    case 'ignored':
      return undefined
  }
}

function unknownName(name: string, path: string): CloudError {
  const where = path ? ` at '${path}'` : ''
  return invalid(
    path,
    `Invalid JSON payload received. Unknown name ${JSON.stringify(name.slice(0, 100))}${where}: Cannot find field.`,
  )
}

function badValue(path: string, type: string, value: unknown): CloudError {
  return invalid(path, `Invalid value at '${path}' (${type}), ${JSON.stringify(value)?.slice(0, 100)}`)
}

/** 400 INVALID_ARGUMENT with the field violation Google attaches. */
export function invalid(field: string, description: string): CloudError {
  const details = [
    {
      '@type': 'type.googleapis.com/google.rpc.BadRequest',
      fieldViolations: [{ ...(field ? { field } : {}), description }],
    },
  ]
  return new CloudError(400, 'badRequest', description, { details })
}

const STANDARD_QUERY = new Set([
  ...STANDARD_PARAMETERS,
  '$.xgafv',
  'callback',
  '$callback',
  'fields',
  '$fields',
])

/**
 * Query parameters of one method by lowerCamelCase name; anything else is refused as Google's binder does.
 */
export function readQuery(
  url: URL,
  accepted: readonly string[],
): Readonly<Record<string, string | undefined>> {
  const query: Record<string, string> = {}
  for (const [given, value] of url.searchParams) {
    const name = camel(given)
    if (accepted.includes(name)) query[name] = value
    else if (!STANDARD_QUERY.has(given)) {
      throw invalid(
        '',
        `Invalid JSON payload received. Unknown name ${JSON.stringify(given.slice(0, 100))}: Cannot bind query parameter. Field '${given.slice(0, 100)}' could not be found in request message.`,
      )
    }
  }
  const alt = query.alt ?? url.searchParams.get('$alt') ?? url.searchParams.get('alt') ?? 'json'
  if (!/^json(;|$)/.test(alt))
    throw new CloudError(
      501,
      'notImplemented',
      `The answer format alt=${alt.slice(0, 50)} is not implemented by the local cloud.`,
    )
  return query
}
