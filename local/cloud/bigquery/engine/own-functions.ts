/**
 * Functions that DuckDB lacks, as scalar functions of the engine: they take no NULL, touch nothing outside their
 * arguments, and say what is wrong in BigQuery's words.
 */
import { createHash } from 'node:crypto'
import {
  BIGINT,
  BLOB,
  BOOLEAN,
  DuckDBBlobValue,
  DuckDBListValue,
  DuckDBScalarFunction,
  LIST,
  VARCHAR,
  type DuckDBConnection,
  type DuckDBType,
  type DuckDBValue,
} from '@duckdb/node-api'
import { bigqueryFingerprint } from 'farmhash-modern'
import {
  bytesOfIp,
  hostOf,
  integerOfIpv4,
  ipText,
  ipTruncated,
  ipv4OfInteger,
  netMask,
  publicSuffixOf,
  registeredDomainOf,
} from './nets.ts'
import { jsonKeys, jsonRemoved, jsonSet, jsonStripped } from '../sql/values/json-changes.ts'
import { jsonTrouble, normalJson } from '../sql/values/normal-json.ts'
import { marked } from '../sql/values/raised.ts'

interface OwnFunction {
  readonly name: string
  readonly takes: readonly DuckDBType[]
  readonly gives: DuckDBType
  readonly compute: (...values: DuckDBValue[]) => DuckDBValue
}

const bytesOf = (value: DuckDBValue): Uint8Array =>
  value instanceof DuckDBBlobValue ? value.bytes : Buffer.from(String(value))

const blobOf = (bytes: Uint8Array | undefined): DuckDBValue => (bytes ? new DuckDBBlobValue(bytes) : null)

const FORMS = ['NFC', 'NFKC', 'NFD', 'NFKD']

/**
 * Unicode's full case folding, letter by letter: JavaScript has no name for it, but lower, upper, lower gives it,
 * save for dotless i, which folds to itself, and Cherokee, which folds to its capitals.
 */
const casefold = (text: string): string =>
  [...text]
    .map((letter) => {
      if (letter === 'ı') return letter
      if (/[\u13a0-\u13fd\uab70-\uabbf]/.test(letter)) return letter.toUpperCase()
      return [...letter.toLowerCase().toUpperCase()].map((one) => one.toLowerCase()).join('')
    })
    .join('')

/** The code of Russell as BigQuery gives it: four characters, '' for a text without a letter. */
function soundex(text: string): string {
  const CODES = '01230120022455012623010202'
  let code = ''
  let last = ''
  for (const letter of text.toUpperCase()) {
    if (letter < 'A' || letter > 'Z') continue
    const digit = CODES[letter.charCodeAt(0) - 65]!
    if (code === '') code = letter
    else if (digit !== '0' && digit !== last) code += digit
    // H and W do not part two letters of one code; vowels do.
    if (letter !== 'H' && letter !== 'W') last = digit
    if (code.length === 4) break
  }
  return code === '' ? '' : code.padEnd(4, '0')
}

/** Where the occurrence begins, counted in code points from 1; from the end backwards below 0. Occurrences may overlap. */
function positionOf(text: string, part: string, position: number, occurrence: number): number {
  if (position === 0) throw new Error('The position of INSTR must not be 0')
  if (occurrence < 1) throw new Error('The occurrence of INSTR must be positive')
  const [all, wanted] = [[...text], [...part]]
  const step = position > 0 ? 1 : -1
  let left = occurrence
  for (let at = position > 0 ? position - 1 : all.length + position; at >= 0 && at < all.length; at += step)
    if (wanted.every((letter, i) => all[at + i] === letter) && --left === 0) return at + 1
  return 0
}

/** Levenshtein's distance of code points; never more than `most`. */
function editDistance(a: string, b: string, most: number): number {
  const [from, to] = [[...a], [...b]]
  let row = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (const [i, one] of from.entries()) {
    const next = [i + 1]
    for (const [j, other] of to.entries())
      next.push(Math.min(next[j]! + 1, row[j + 1]! + 1, row[j]! + (one === other ? 0 : 1)))
    row = next
  }
  return Math.min(row[to.length]!, most)
}

/** As the format element %T writes a STRING: double quotes, unless only single ones need no escape. */
function quotedLiteral(text: string): string {
  const quote = text.includes('"') && !text.includes("'") ? "'" : '"'
  const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\\': '\\\\' }
  const escaped = text.replace(/[\u0000-\u001f\\"'\u007f]/g, (character) => {
    if (character === '"' || character === "'") return character === quote ? `\\${character}` : character
    return NAMED[character] ?? `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
  })
  return quote + escaped + quote
}

const WIDEST: ReadonlyMap<number, readonly [bits: bigint, type: string]> = new Map([
  [0, [2n ** 63n, 'int64']],
  [9, [10n ** 38n, 'numeric']],
])

/**
 * `place sum` of each key, the place that of its first row, counted from 1; no sum where all weights are NULL.
 * Weights have `scale` digits after the point, and below 0 are FLOAT64.
 */
function sumsOf(keys: readonly DuckDBValue[], weights: readonly DuckDBValue[], scale: number): string[] {
  const found = new Map<DuckDBValue, { readonly place: number; sum?: bigint | number }>()
  for (const [i, key] of keys.entries()) {
    const entry = found.get(key) ?? { place: i + 1 }
    found.set(key, entry)
    const weight = weights[i]
    if (typeof weight !== 'string') continue
    if (scale < 0) entry.sum = Number(entry.sum ?? 0) + Number(weight.replace('inf', 'Infinity'))
    else entry.sum = BigInt(entry.sum ?? 0) + BigInt(weight.replace('.', ''))
  }
  return [...found.values()].map(({ place, sum }) => {
    if (sum === Number.POSITIVE_INFINITY && !weights.includes('inf')) throw new Error('double overflow')
    if (typeof sum !== 'bigint') return `${place} ${sum ?? ''}`
    const [limit, type] = WIDEST.get(scale)!
    if (sum >= limit) throw new Error(`${type} overflow`)
    const digits = String(sum).padStart(scale + 1, '0')
    return `${place} ${digits.slice(0, digits.length - scale)}${scale > 0 ? `.${digits.slice(-scale)}` : ''}`
  })
}

const itemsOf = (value: DuckDBValue): readonly DuckDBValue[] =>
  value instanceof DuckDBListValue ? value.items : []

const OWN: readonly OwnFunction[] = [
  ...[VARCHAR, BLOB].map((type) => ({
    name: 'own_farm_fingerprint',
    takes: [type],
    gives: BIGINT,
    compute: (value: DuckDBValue) => bigqueryFingerprint(bytesOf(value)),
  })),
  ...[VARCHAR, BLOB].map((type) => ({
    name: 'own_sha512',
    takes: [type],
    gives: BLOB,
    compute: (value: DuckDBValue) =>
      new DuckDBBlobValue(createHash('sha512').update(bytesOf(value)).digest()),
  })),
  {
    name: 'own_normalize',
    takes: [VARCHAR, VARCHAR],
    gives: VARCHAR,
    compute: (text, form) => {
      if (!FORMS.includes(String(form))) throw new Error(`Invalid normalization mode: ${String(form)}`)
      return String(text).normalize(String(form))
    },
  },
  { name: 'own_lower', takes: [VARCHAR], gives: VARCHAR, compute: (text) => String(text).toLowerCase() },
  { name: 'own_upper', takes: [VARCHAR], gives: VARCHAR, compute: (text) => String(text).toUpperCase() },
  { name: 'own_casefold', takes: [VARCHAR], gives: VARCHAR, compute: (text) => casefold(String(text)) },
  { name: 'own_soundex', takes: [VARCHAR], gives: VARCHAR, compute: (text) => soundex(String(text)) },
  {
    name: 'own_instr',
    takes: [VARCHAR, VARCHAR, BIGINT, BIGINT],
    gives: BIGINT,
    compute: (text, part, position, occurrence) =>
      BigInt(positionOf(String(text), String(part), Number(position), Number(occurrence))),
  },
  {
    name: 'own_edit_distance',
    takes: [VARCHAR, VARCHAR, BIGINT],
    gives: BIGINT,
    compute: (a, b, most) => BigInt(editDistance(String(a), String(b), Number(most))),
  },
  {
    name: 'own_text_of_bytes',
    takes: [BLOB],
    gives: VARCHAR,
    compute: (bytes) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytesOf(bytes)),
  },
  { name: 'own_net_host', takes: [VARCHAR], gives: VARCHAR, compute: (url) => hostOf(String(url)) ?? null },
  {
    name: 'own_net_public_suffix',
    takes: [VARCHAR],
    gives: VARCHAR,
    compute: (url) => publicSuffixOf(String(url)) ?? null,
  },
  {
    name: 'own_net_reg_domain',
    takes: [VARCHAR],
    gives: VARCHAR,
    compute: (url) => registeredDomainOf(String(url)) ?? null,
  },
  {
    name: 'own_net_ip_from_string',
    takes: [VARCHAR],
    gives: BLOB,
    compute: (text) => blobOf(bytesOfIp(String(text))),
  },
  { name: 'own_net_ip_to_string', takes: [BLOB], gives: VARCHAR, compute: (bytes) => ipText(bytesOf(bytes)) },
  {
    name: 'own_net_ip_net_mask',
    takes: [BIGINT, BIGINT],
    gives: BLOB,
    compute: (size, prefix) => blobOf(netMask(Number(size), Number(prefix))),
  },
  {
    name: 'own_net_ip_trunc',
    takes: [BLOB, BIGINT],
    gives: BLOB,
    compute: (bytes, prefix) => blobOf(ipTruncated(bytesOf(bytes), Number(prefix))),
  },
  {
    name: 'own_net_ipv4_from_int64',
    takes: [BIGINT],
    gives: BLOB,
    compute: (value) => blobOf(ipv4OfInteger(BigInt(String(value)))),
  },
  {
    name: 'own_net_ipv4_to_int64',
    takes: [BLOB],
    gives: BIGINT,
    compute: (bytes) => integerOfIpv4(bytesOf(bytes)),
  },
  {
    name: 'own_sums',
    takes: [LIST(VARCHAR), LIST(VARCHAR), BIGINT],
    gives: LIST(VARCHAR),
    compute: (keys, weights, scale) =>
      new DuckDBListValue(sumsOf(itemsOf(keys), itemsOf(weights), Number(scale))),
  },
  {
    name: 'own_latin1_of_bytes',
    takes: [BLOB],
    gives: VARCHAR,
    compute: (bytes) => Buffer.from(bytesOf(bytes)).toString('latin1'),
  },
  {
    name: 'own_bytes_of_latin1',
    takes: [VARCHAR],
    gives: BLOB,
    compute: (text) => blobOf(Buffer.from(String(text), 'latin1')),
  },
  {
    name: 'own_quoted_literal',
    takes: [VARCHAR],
    gives: VARCHAR,
    compute: (text) => quotedLiteral(String(text)),
  },
  { name: 'own_normal_json', takes: [VARCHAR], gives: VARCHAR, compute: (text) => normalJson(String(text)) },
  {
    name: 'own_json_trouble',
    takes: [VARCHAR, BOOLEAN],
    gives: VARCHAR,
    compute: (text, isRounding) => jsonTrouble(String(text), isRounding === true) ?? null,
  },
  {
    name: 'own_json_set',
    takes: [VARCHAR, VARCHAR, VARCHAR, BOOLEAN],
    gives: VARCHAR,
    compute: (json, path, value, isCreating) =>
      jsonSet(String(json), String(path), String(value), isCreating === true),
  },
  {
    name: 'own_json_remove',
    takes: [VARCHAR, VARCHAR],
    gives: VARCHAR,
    compute: (json, path) => jsonRemoved(String(json), String(path)),
  },
  {
    name: 'own_json_strip_nulls',
    takes: [VARCHAR, VARCHAR, BOOLEAN, BOOLEAN],
    gives: VARCHAR,
    compute: (json, path, fromArrays, isRemovingEmpty) =>
      jsonStripped(String(json), String(path), fromArrays === true, isRemovingEmpty === true),
  },
  {
    name: 'own_json_keys',
    takes: [VARCHAR, BIGINT, VARCHAR],
    gives: LIST(VARCHAR),
    compute: (json, depth, mode) => new DuckDBListValue(jsonKeys(String(json), Number(depth), String(mode))),
  },
]

/** What they say is wrong is marked as words of the language, like every other. */
function said<T>(compute: () => T): T {
  try {
    return compute()
  } catch (error) {
    throw new Error(marked(error instanceof Error ? error.message : String(error)), { cause: error })
  }
}

/** Registers them for every connection of the database. */
export function registerOwnFunctions(connection: DuckDBConnection): void {
  for (const { name, takes, gives, compute } of OWN)
    connection.registerScalarFunction(
      DuckDBScalarFunction.create({
        name,
        returnType: gives,
        parameterTypes: takes,
        mainFunction: (_info, input, output) => {
          const columns = takes.map((_, index) => input.getColumnVector(index))
          for (let row = 0; row < input.rowCount; row += 1) {
            const values = columns.map((column) => column.getItem(row))
            output.setItem(row, values.includes(null) ? null : said(() => compute(...values)))
          }
          output.flush()
        },
      }),
    )
}
