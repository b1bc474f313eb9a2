/**
 * What DuckDB says of a value, in BigQuery's words: each known sentence by its pattern, every other one by a
 * sentence that says nothing of the engine.
 */
type Words = readonly [RegExp, string | ((match: RegExpExecArray) => string)]

const OPERATORS: Readonly<Record<string, string>> = { addition: '+', subtraction: '-', multiplication: '*' }
/** DuckDB's integers that are no type of BigQuery stand inside dates, positions and counts. */
const SMALLER = /INT(8|16|32)$/
const RE2 =
  /^(missing [\])].*|unexpected \).*|no argument for repetition operator.*|bad repetition operator.*|invalid (escape sequence|character class|character class range|perl operator|repetition size|named capture group|UTF-8).*|trailing \\.*)$/s

const VALUES: readonly Words[] = [
  [
    /^Overflow in (addition|subtraction|multiplication) of INT64 \((-?\d+) . (-?\d+)\)/,
    ([, operation, a, b]) => `int64 overflow: ${a} ${OPERATORS[operation!]} ${b}`,
  ],
  [/^Overflow in (addition|subtraction|multiplication) of (INT128|DECIMAL)/, 'numeric overflow'],
  [/^Overflow in left shift|^Cannot left-shift/, 'int64 overflow'],
  [/^(Overflow in negation|Overflow on abs|Cannot negate)/, 'int64 overflow'],
  [/^(Casting|Could not cast) value .* to (type )?DECIMAL/, 'numeric overflow'],
  [/^More than one row returned by a subquery/, 'Scalar subquery produced more than one element'],
  [
    /^Type ([A-Z0-9]+)\S* with value (\S+) can't be cast because the value is out of range for the destination type ([A-Z0-9]+)/,
    ([, from, value, to]) =>
      SMALLER.test(to!)
        ? `Value ${value} is out of range`
        : to === 'INT64' && from === 'INT128'
          ? 'int64 overflow'
          : `${to === 'INT64' ? 'int64' : 'numeric'} out of range: ${value}`,
  ],
  [
    /^Date out of range: (-?\d+)-(-?\d+)-(-?\d+)/,
    ([, y, m, d]) => `Input calculates to invalid date: ${y}-${m}-${d}`,
  ],
  [/^Invalid date_from_parts|^date and time out of range/i, 'Input calculates to an invalid date or time'],
  [/^Time out of range: (\S+)/, ([, time]) => `Input calculates to invalid time: ${time}`],
  [
    /(^|[^a-z])(date|timestamp|interval)s?\b.*\b(out of (valid )?range|overflow)/is,
    'Date or time out of range',
  ],
  [/out of range.*(date|timestamp|interval)/is, 'Date or time out of range'],
  [/^Failure in decode|invalid UTF-?8/i, 'Invalid UTF-8 in BYTES'],
  [/^Could not decode string .* as base64/s, 'Failed to decode invalid base64 string'],
  [/^Invalid input for hex digit|^Invalid hex/i, 'Failed to decode invalid hexadecimal string'],
  [/^Invalid UTF8 Codepoint|^Invalid .*codepoint/i, 'Invalid codepoint'],
  [/^Malformed JSON/, 'Invalid JSON'],
  [/^Unknown TimeZone '?([^']*)'?/, ([, zone]) => `Invalid time zone: ${zone}`],
  [RE2, ([message]) => `Cannot parse regular expression: ${message}`],
  [
    /^(Could not convert|Cannot cast|Conversion)/,
    'A value could not be converted to the type that is wanted here',
  ],
]

const READING = 'Error while reading data, error message: '
const FILES: readonly Words[] = [
  [
    /Expected Number of Columns: (\d+) Found: (\d+)/,
    ([, wanted, found]) =>
      Number(found) < Number(wanted)
        ? `CSV table references column position ${found}, but line contains only ${found} columns.`
        : 'Too many values in line.',
  ],
  [/unterminated quote/i, 'Error detected while parsing row: Missing close quote character (").'],
  [/Invalid unicode|not utf-8|Invalid UTF/i, 'Bad character (not UTF-8) in the file.'],
  [/Maximum line size|maximum_object_size/i, 'A row is larger than the maximum of 100 MB.'],
  [/^CSV Error/, 'Error detected while parsing row.'],
  [
    /^(Malformed JSON|Unexpected|Expected|Missing|Object .* has|Failed to cast|Could not)/,
    'JSON parsing error: the row does not fit the schema.',
  ],
  [/magic bytes|parquet|snappy|zstd|footer|thrift/i, 'Input file is not in Parquet format.'],
]
const LINE = /^CSV Error on Line: (\d+)/

/** `message` speaks of a file that is being read. */
export const isOfFile = (message: string): boolean =>
  /\/incoming\/|^CSV Error|read_(csv|ndjson|parquet)/i.test(message)

const said = (words: readonly Words[], message: string): string | undefined => {
  for (const [pattern, text] of words) {
    const match = pattern.exec(message)
    if (match) return typeof text === 'string' ? text : text(match)
  }
  return undefined
}

export function wordsOfValue(message: string): string {
  if (!isOfFile(message)) return said(VALUES, message) ?? 'A value of the statement cannot be computed'
  const line = LINE.exec(message)?.[1]
  return `${READING}${said(FILES, message) ?? 'the file cannot be read in this format.'}${line ? ` (line ${line})` : ''}`
}
