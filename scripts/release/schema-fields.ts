/**
 * Flattens a JSON Schema into fields that can be compared one by one; what it cannot take apart it keeps
 * whole as a constraint, so that a change there is never missed.
 */

export interface Field {
  /** Sorted; "any" when the schema does not say. */
  readonly types: readonly string[]
  readonly values: readonly string[] | undefined
  readonly isRequired: boolean
  /** Whether properties that are not listed are accepted. */
  readonly isOpen: boolean
  readonly constraints: Readonly<Record<string, string>>
}

type Schema = Readonly<Record<string, unknown>>
/** Words for people, and what is taken apart below; every other keyword is a constraint. */
const TAKEN = new Set([
  '$schema',
  '$id',
  '$comment',
  'title',
  'description',
  'examples',
  'default',
  'deprecated',
  'readOnly',
  'writeOnly',
  'definitions',
  '$defs',
  '$ref',
  'type',
  'enum',
  'const',
  'required',
  'properties',
  'patternProperties',
  'additionalProperties',
  'items',
])
const asSchema = (value: unknown): Schema | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Schema) : undefined

export function fieldsOf(root: unknown): Map<string, Field> {
  const fields = new Map<string, Field>()
  walk(asSchema(root) ?? {}, '', false, [])
  return fields

  function walk(given: Schema, path: string, isRequired: boolean, through: readonly string[]): void {
    const { schema, references } = resolve(given, through)
    const types = [schema.type ?? 'any'].flat().map(String).sort()
    const values =
      schema.const !== undefined
        ? [canonical(schema.const)]
        : Array.isArray(schema.enum)
          ? schema.enum.map(canonical).sort()
          : undefined
    const constraints = Object.fromEntries(
      Object.entries(schema)
        .filter(([keyword]) => !TAKEN.has(keyword))
        .map(([keyword, value]) => [keyword, canonical(value)]),
    )
    fields.set(path, {
      types,
      values,
      isRequired,
      isOpen: schema.additionalProperties !== false,
      constraints,
    })
    if (references === undefined) return
    const required = new Set(Array.isArray(schema.required) ? schema.required.map(String) : [])
    const child = (name: string, value: unknown, must: boolean): void => {
      const inner = asSchema(value)
      if (inner !== undefined)
        walk(inner, `${path}${name.startsWith('[') || path === '' ? '' : '.'}${name}`, must, references)
    }
    for (const [name, value] of Object.entries(asSchema(schema.properties) ?? {}))
      child(name, value, required.has(name))
    for (const [pattern, value] of Object.entries(asSchema(schema.patternProperties) ?? {}))
      child(`/${pattern}/`, value, false)
    child('*', schema.additionalProperties, false)
    if (Array.isArray(schema.items)) schema.items.forEach((value, index) => child(`[${index}]`, value, true))
    else child('[]', schema.items, false)
  }

  /** Follows references inside the document; a circle ends the walk there (references undefined). */
  function resolve(
    given: Schema,
    through: readonly string[],
  ): { schema: Schema; references: readonly string[] | undefined } {
    const reference = given.$ref
    if (typeof reference !== 'string') return { schema: given, references: through }
    if (!reference.startsWith('#')) return { schema: { ...given, reference }, references: through }
    if (through.includes(reference)) return { schema: { circle: reference }, references: undefined }
    const target = reference
      .slice(1)
      .split('/')
      .slice(1)
      .reduce<unknown>(
        (node, part) => asSchema(node)?.[part.replaceAll('~1', '/').replaceAll('~0', '~')],
        root,
      )
    const { schema, references } = resolve(asSchema(target) ?? { reference }, [...through, reference])
    return { schema: { ...schema, ...given }, references }
  }
}

/** The same value is the same text, whatever the order of its keys. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  const schema = asSchema(value)
  if (schema === undefined) return JSON.stringify(value) ?? 'null'
  return `{${Object.entries(schema)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .filter(([key]) => key !== 'description' && key !== 'title')
    .map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`)
    .join(',')}}`
}
