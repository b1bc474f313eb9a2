/**
 * Documented forms of functions that have a row and not these: told by name, as a function that is missing, and not
 * as if the arguments were wrong.
 */
const BYTES_OF: Readonly<Record<string, readonly string[]>> = {
  'BYTES ->': ['LOWER', 'UPPER', 'BIT_COUNT'],
  'BYTES, BYTES ->': ['EDIT_DISTANCE'],
  'BYTES, BYTES, BYTES ->': ['TRANSLATE'],
  'ARRAY<BYTES>, BYTES ->': ['ARRAY_TO_STRING'],
  'ARRAY<BYTES>, BYTES, BYTES ->': ['ARRAY_TO_STRING'],
}

const OTHERS: Readonly<Record<string, readonly string[]>> = {
  REGEXP_EXTRACT_ALL: ['STRING, STRING ->'],
  ROUND: ['NUMERIC, INT64 ->', 'NUMERIC, INT64, STRING ->'],
  TRUNC: ['NUMERIC, INT64 ->'],
  INITCAP: ['STRING, STRING ->'],
  TIME: ['TIMESTAMP, STRING ->'],
  AVG: ['INTERVAL ->'],
}

const forms = new Map<string, string[]>()
for (const [form, names] of Object.entries(BYTES_OF))
  for (const name of names) forms.set(name, [...(forms.get(name) ?? []), form])
for (const [name, more] of Object.entries(OTHERS)) forms.set(name, [...(forms.get(name) ?? []), ...more])

/** Signatures without an answer: `BYTES, BYTES ->`. */
export const missingForms = (name: string): readonly string[] => forms.get(name) ?? []
