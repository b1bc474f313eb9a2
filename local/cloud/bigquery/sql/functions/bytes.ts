/** Forms of string functions that take BYTES: positions count bytes, written over their hexadecimal text; https://cloud.google.com/bigquery/docs/reference/standard-sql/string_functions. */
import { once } from '../values/value.ts'
import type { Emit, Signature } from './row.ts'

type Emits = Readonly<Record<string, Signature['emit']>>
const PAIRS = (hex: string): string => `regexp_extract_all(${hex}, '..')`
const joined = (pairs: string): string => `unhex(array_to_string(${pairs}, ''))`
/** Not beyond the size; least would take a NULL for the size. */
const within = (length: string, size: string): string =>
  `CASE WHEN ${length} > ${size} THEN ${size} ELSE ${length} END`

const part =
  (name: string) =>
  (args: string[], how: Emit): string =>
    once(args, ([bytes, position, length]) => {
      const size = `octet_length(${bytes})`
      const start = `CASE WHEN ${position} = 0 THEN 1 WHEN ${position} < 0 THEN greatest(${size} + ${position} + 1, 1) WHEN ${position} > ${size} THEN ${size} + 1 ELSE ${position} END`
      const from = `substr(hex(${bytes}), 2 * (${start}) - 1`
      if (!length) return `unhex(${from}))`
      return `CASE WHEN ${length} < 0 AND ${bytes} IS NOT NULL AND ${position} IS NOT NULL THEN ${how.fail(`'Third argument in ${name}() cannot be negative'`)} ELSE unhex(${from}, 2 * ${within(length, size)})) END`
    })

export const substringOfBytes = (name: string): Emits => ({
  'BYTES, INT64 -> BYTES': part(name),
  'BYTES, INT64, INT64 -> BYTES': part(name),
})

export const endOfBytes = (name: 'left' | 'right'): Emits => ({
  'BYTES, INT64 -> BYTES': (args, how) =>
    once(
      args,
      ([bytes, length]) =>
        `CASE WHEN ${length} < 0 THEN ${how.fail(`'Second argument in ${name.toUpperCase()}() cannot be a negative value'`)} ELSE unhex(${name}(hex(${bytes}), 2 * ${within(length!, `octet_length(${bytes})`)})) END`,
    ),
})

const pad =
  (name: 'lpad' | 'rpad') =>
  (args: string[], how: Emit): string =>
    once(
      args,
      ([bytes, length, filler = "CAST(' ' AS BLOB)"]) =>
        `CASE WHEN ${length} < 0 THEN ${how.fail(`'Second argument in ${name.toUpperCase()}() must be greater than or equal to 0'`)} WHEN octet_length(${filler}) = 0 THEN ${how.fail("'Third argument must not be an empty string'")} ELSE unhex(${name}(hex(${bytes}), CAST(2 * ${length} AS INTEGER), hex(${filler}))) END`,
    )
export const padOfBytes = (name: 'lpad' | 'rpad'): Emits => ({
  'BYTES, INT64 -> BYTES': pad(name),
  'BYTES, INT64, BYTES -> BYTES': pad(name),
})

/** Two digits a byte: what begins or ends the text begins or ends the bytes. */
export const edgeOfBytes = (name: 'starts_with' | 'ends_with'): Emits => ({
  'BYTES, BYTES -> BOOL': ([bytes, edge]) => `${name}(hex(${bytes}), hex(${edge}))`,
})

export const reverseOfBytes: Emits = {
  'BYTES -> BYTES': ([bytes]) =>
    once(
      [`hex(${bytes})`],
      ([hex]) => `CASE WHEN ${hex} = '' THEN unhex('') ELSE ${joined(`list_reverse(${PAIRS(hex!)})`)} END`,
    ),
}

export const repeatOfBytes: Emits = {
  'BYTES, INT64 -> BYTES': (args, how) =>
    once(
      args,
      ([bytes, n]) =>
        `CASE WHEN ${n} < 0 THEN ${how.fail("'Second argument in REPEAT() must not be negative'")} ELSE unhex(repeat(hex(${bytes}), ${n})) END`,
    ),
}

export const pointsOfBytes: Emits = {
  'BYTES -> ARRAY<INT64>': ([bytes]) =>
    once(
      [`hex(${bytes})`],
      ([hex]) =>
        `CASE WHEN ${hex} = '' THEN CAST([] AS BIGINT[]) ELSE list_transform(${PAIRS(hex!)}, lambda pair: CAST(CAST('0x' || pair AS UBIGINT) AS BIGINT)) END`,
    ),
}

export const bytesOfPoints: Emits = {
  'ARRAY<INT64> -> BYTES': (args, how) =>
    once(
      args,
      ([list]) =>
        `CASE WHEN len(list_filter(${list}, lambda point: point IS NULL)) > 0 THEN NULL WHEN len(list_filter(${list}, lambda point: point < 0 OR point > 255)) > 0 THEN ${how.fail("'Invalid ASCII codepoint'")} WHEN len(${list}) = 0 THEN unhex('') ELSE ${joined(`list_transform(${list}, lambda point: printf('%02X', point))`)} END`,
    ),
}
