/**
 * JSON text as BigQuery keeps a JSON value: compact, the members of each object in the order of their keys' bytes,
 * the first of equal keys. Integers keep their digits, which JSON.parse would lose, as it would all but the last key.
 */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s"{}[\],:]+/g

interface Open {
  readonly items: string[]
  /** Of an object: the text of each member by its key. */
  readonly members?: Map<string, string>
  key?: string | undefined
}

const keyOf = (token: string): string =>
  token.includes('\\') ? (JSON.parse(token) as string) : token.slice(1, -1)

/** The order of UTF-8; that of UTF-16 differs where a letter takes two units. */
const byBytes = ([a]: readonly [string, string], [b]: readonly [string, string]): number =>
  /[\ud800-\udfff]/.test(a + b) ? Buffer.compare(Buffer.from(a), Buffer.from(b)) : a < b ? -1 : a > b ? 1 : 0

function closed({ items, members }: Open): string {
  if (!members) return `[${items.join(',')}]`
  return `{${[...members]
    .sort(byBytes)
    .map(([key, value]) => `${JSON.stringify(key)}:${value}`)
    .join(',')}}`
}

/** Integers stay as they are; others are FLOAT64: their shortest digits, an exponent from 10^15 and below 10^-4. */
function numberOf(token: string): string {
  if (/^-?\d+$/.test(token)) return token === '-0' ? '0' : token
  const value = Number(token)
  const size = Math.abs(value)
  if (!Number.isFinite(value)) return token
  if (size !== 0 && (size < 1e-4 || size >= 1e15))
    return value.toExponential().replace(/([+-])(\d)$/, '$10$2')
  const text = Object.is(value, -0) ? '-0' : String(value)
  return text.includes('.') ? text : `${text}.0`
}

/** `text` is JSON. */
export function normalJson(text: string): string {
  const open: Open[] = []
  let whole = ''
  for (const [token] of text.matchAll(TOKEN)) {
    let value = token
    switch (token) {
      case '{':
        open.push({ items: [], members: new Map() })
        continue
      case '[':
        open.push({ items: [] })
        continue
      case ',':
      case ':':
        continue
      case '}':
      case ']':
        value = closed(open.pop()!)
        break
      default:
        if (/^[-\d]/.test(token)) value = numberOf(token)
        else if (token.includes('\\')) value = JSON.stringify(JSON.parse(token))
    }
    const into = open.at(-1)
    if (!into) whole = value
    else if (!into.members) into.items.push(value)
    else if (into.key === undefined) into.key = keyOf(token)
    else {
      if (!into.members.has(into.key)) into.members.set(into.key, value)
      into.key = undefined
    }
  }
  return whole
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
function isKept(number: string): boolean {
  if (/^-?\d+$/.test(number)) {
    const value = BigInt(number)
    if (value >= -(2n ** 63n) && value < 2n ** 64n) return true
  }
  return decimal(String(Number(number))) === decimal(number)
}

/** Why `text` is no JSON value, or undefined. */
export function jsonTrouble(text: string): string | undefined {
  try {
    JSON.parse(text)
  } catch {
    return 'syntax error'
  }
  for (const [token] of text.matchAll(TOKEN))
    if (/^[-\d]/.test(token) && !isKept(token))
      return `Input number: ${token} cannot round-trip through string representation`
  return undefined
}

const normalWhere =
  (pattern: string) =>
  (json: string): string =>
    `CASE WHEN regexp_matches(CAST(${json} AS VARCHAR), '${pattern}') THEN CAST(own_normal_json(CAST(${json} AS VARCHAR)) AS JSON) ELSE json(${json}) END`
/** The same in DuckDB, of a JSON value or of text that is one; where nothing has an order, DuckDB does it. */
export const normalJsonSql = normalWhere('[,.]|\\d[eE]')
/** Of a part of a normal value, as DuckDB takes it out: it writes some numbers in another way. */
export const normalPartSql = normalWhere('\\d[eE]|\\d{16}\\.')
