/**
 * JSON text as BigQuery keeps a JSON value: compact, the members of each object in the order of their keys' bytes,
 * the first of equal keys. Integers keep their digits, which JSON.parse would lose, as it would all but the last key.
 */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s"{}[\],:]+/g

/** A token that is no object and no array is its text. */
export type Json = string | Json[] | Map<string, Json>
/** https://cloud.google.com/bigquery/docs/json-data#limitations */
const DEEPEST = 500

export const isObject = (json: Json): json is Map<string, Json> => json instanceof Map
export const isArray = (json: Json): json is Json[] => Array.isArray(json)

/** The order of UTF-8; that of UTF-16 differs where a letter takes two units. */
export const byBytes = (a: string, b: string): number =>
  /[\ud800-\udfff]/.test(a + b) ? Buffer.compare(Buffer.from(a), Buffer.from(b)) : a < b ? -1 : a > b ? 1 : 0

function isInteger(token: string): boolean {
  if (!/^-?\d+$/.test(token)) return false
  const value = BigInt(token)
  return value >= -(2n ** 63n) && value < 2n ** 64n
}

/** Integers of 64 bits stay as they are; others are FLOAT64: shortest digits, an exponent from 10^15 and below 10^-4. */
function numberOf(token: string): string {
  if (isInteger(token)) return token === '-0' ? '0' : token
  const value = Number(token)
  const size = Math.abs(value)
  if (!Number.isFinite(value)) return token
  if (size !== 0 && (size < 1e-4 || size >= 1e15))
    return value.toExponential().replace(/([+-])(\d)$/, '$10$2')
  const text = Object.is(value, -0) ? '-0' : String(value)
  return text.includes('.') ? text : `${text}.0`
}

function scalarOf(token: string): string {
  if (/^[-\d]/.test(token)) return numberOf(token)
  return token.includes('\\') ? JSON.stringify(JSON.parse(token)) : token
}

/** `text` is JSON. */
export function parseJson(text: string): Json {
  const open: { readonly json: Json[] | Map<string, Json>; key?: string | undefined }[] = []
  let whole: Json = 'null'
  const put = (value: Json, token: string): void => {
    const into = open.at(-1)
    if (!into) whole = value
    else if (isArray(into.json)) into.json.push(value)
    else if (into.key === undefined) into.key = JSON.parse(token) as string
    else {
      if (!into.json.has(into.key)) into.json.set(into.key, value)
      into.key = undefined
    }
  }
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === '{' || token === '[') {
      const json: Json[] | Map<string, Json> = token === '{' ? new Map<string, Json>() : []
      put(json, token)
      open.push({ json })
      if (open.length > DEEPEST)
        throw new Error(`Max nesting of ${DEEPEST} has been exceeded while parsing JSON`)
    } else if (token === '}' || token === ']') open.pop()
    else if (token !== ',' && token !== ':') put(scalarOf(token), token)
  }
  return whole
}

export function jsonTextOf(json: Json): string {
  if (isArray(json)) return `[${json.map(jsonTextOf).join(',')}]`
  if (!isObject(json)) return json
  const members = [...json].sort(([a], [b]) => byBytes(a, b))
  return `{${members.map(([key, value]) => `${JSON.stringify(key)}:${jsonTextOf(value)}`).join(',')}}`
}

/**
 * What JavaScript may read or write otherwise: numbers of many digits, with an exponent, with a fraction that ends in
 * 0 or is tiny; letters of two units, which sort otherwise; and escapes, since V8 takes the key "\n" for "\\" once it
 * has seen an object with that.
 */
const UNLIKE = /[\d.]{16}|\d[eE]|\.\d*0(?!\d)|0\.000|[\ud800-\udfff\\]/
/** More brackets than a value may be deep. */
const mayBeTooDeep = (text: string): boolean =>
  text.length > DEEPEST * 2 && (text.match(/[[{]/g)?.length ?? 0) > DEEPEST

/** Its text and how many members it has in all. */
function written(value: unknown): { readonly text: string; readonly members: number } {
  if (typeof value !== 'object' || value === null) return { text: JSON.stringify(value), members: 0 }
  const isList = Array.isArray(value)
  let members = 0
  const parts: string[] = []
  for (const key of isList ? value.keys() : Object.keys(value).sort()) {
    const inner = written((value as Record<string | number, unknown>)[key])
    members += inner.members + (isList ? 0 : 1)
    parts.push(isList ? inner.text : `${JSON.stringify(key)}:${inner.text}`)
  }
  return { text: isList ? `[${parts.join(',')}]` : `{${parts.join(',')}}`, members }
}

/** `text` is JSON. JSON.parse is four times as fast; it serves where it loses no digits and no key comes twice. */
export function normalJson(text: string): string {
  if (!UNLIKE.test(text) && !mayBeTooDeep(text)) {
    const fast = written(JSON.parse(text))
    if (fast.members === (text.match(/"\s*:/g)?.length ?? 0)) return fast.text
  }
  return jsonTextOf(parseJson(text))
}

/** A decimal number as its digits and its exponent, the same for each way to write it. */
function decimal(text: string): string {
  const [, sign, whole, fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? []
  if (whole === undefined) return text
  const digits = (whole + fraction).replace(/^0+/, '')
  const kept = digits.replace(/0+$/, '')
  return kept === ''
    ? '0'
    : `${sign}${kept}e${Number(exponent) - fraction.length + digits.length - kept.length}`
}

/** Integers of 64 bits and numbers that a FLOAT64 gives back. */
const isKept = (number: string): boolean =>
  isInteger(number) || decimal(String(Number(number))) === decimal(number)

/** Why `text` is no JSON value, or undefined; `isRounding` takes numbers that lose digits. */
export function jsonTrouble(text: string, isRounding = false): string | undefined {
  try {
    JSON.parse(text)
  } catch {
    return 'syntax error'
  }
  if (!/[\d.]{16}|\d[eE]/.test(text) && !mayBeTooDeep(text)) return undefined
  let depth = 0
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === '{' || token === '[') depth += 1
    else if (token === '}' || token === ']') depth -= 1
    else if (/^[-\d]/.test(token)) {
      if (!Number.isFinite(Number(token))) return `number overflow parsing '${token}'`
      if (!isRounding && !isKept(token))
        return `Input number: ${token} cannot round-trip through string representation`
    }
    if (depth > DEEPEST) return `Max nesting of ${DEEPEST} has been exceeded while parsing JSON`
  }
  return undefined
}

const normalWhere =
  (pattern: string) =>
  (json: string): string =>
    `CASE WHEN regexp_matches(CAST(${json} AS VARCHAR), '${pattern}') THEN CAST(own_normal_json(CAST(${json} AS VARCHAR)) AS JSON) ELSE json(${json}) END`
/** The same in DuckDB, of a JSON value or of text that is one; where nothing has an order, DuckDB does it. */
export const normalJsonSql = normalWhere('[,.]|\\d[eE]|\\d{19}')
/** Of a part of a normal value, as DuckDB takes it out: it writes some numbers in another way. */
export const normalPartSql = normalWhere('\\d[eE]|\\d{16}\\.')
