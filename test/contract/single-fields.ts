/** Bodies with one field of Google's each, for sweeps of what a local service does with it; it knows no service. */
import { isAnswered, type Document, type Schema } from './discovery-documents.ts'

const sample = ({ type, format, enum: names }: Schema): unknown => {
  if (type === 'boolean') return true
  if (type === 'integer' || type === 'number') return 7
  if (names) return names.at(-1)
  if (format === 'google-datetime' || format === 'date-time') return '2126-11-30T00:00:00Z'
  return /^u?int64$/.test(format ?? '') ? '72' : 'x'
}

/** Values of a schema, each with one member set to the innermost. */
export function* single(schema: Schema, known: Document['schemas'], deep = 3): Generator<unknown> {
  const meant = schema.$ref ? (known[schema.$ref] ?? {}) : schema
  if (meant.type === 'array') {
    for (const item of single(meant.items ?? {}, known, deep)) yield [item]
  } else if (meant.properties) {
    for (const [name, inner] of Object.entries(meant.properties))
      if (deep > 0 && !isAnswered(inner))
        for (const value of single(inner, known, deep - 1)) yield { [name]: value }
  } else if (meant.type === 'object') yield { x: sample(meant.additionalProperties ?? {}) }
  else yield sample(meant)
}
