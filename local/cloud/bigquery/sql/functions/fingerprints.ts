/** Hashes and Unicode forms that the engine's own functions compute; https://cloud.google.com/bigquery/docs/reference/standard-sql/hash_functions. */
import { unsupported } from '../refusal.ts'
import { STRING } from '../values/gtype.ts'
import { once, quoteText } from '../values/value.ts'
import { arity, asType } from './arguments.ts'
import { bytesOfPoints, pointsOfBytes } from './bytes.ts'
import { example, failing, scalar, special, type Emit, type FunctionRow } from './row.ts'

const F = 'Hash and encoding'
type Resolver = NonNullable<FunctionRow['resolve']>

/** NORMALIZE(value[, NFC]): the mode is a bare word. */
const normalizing =
  (isFolded: boolean): Resolver =>
  (call, resolve) => {
    arity(call, 1, 2)
    const text = asType(resolve(call.args[0]!), STRING, call)
    const mode = call.args[1]
    if (mode !== undefined && (mode.kind !== 'path' || mode.parts.length !== 1))
      throw unsupported(`A mode of ${call.name} that is not a word`, call.at)
    const form = quoteText((mode?.parts[0] ?? 'NFC').toUpperCase())
    // Folding may leave the form: it is normalized again, as Unicode's caseless matching asks.
    const sql = isFolded
      ? `own_normalize(own_casefold(own_normalize(${text.sql}, ${form})), ${form})`
      : `own_normalize(${text.sql}, ${form})`
    return { sql, type: STRING }
  }

/** What holds another text somewhere, whatever its case. */
const contained = (args: string[], how: Emit): string => {
  if (how.values[1]!.literal === '') throw unsupported('CONTAINS_SUBSTR of an empty text', how.at)
  const folded = (sql: string): string => `own_normalize(own_casefold(own_normalize(${sql}, 'NFKC')), 'NFKC')`
  return `contains(${folded(args[0]!)}, ${folded(args[1]!)})`
}

export const fingerprintRows: readonly FunctionRow[] = [
  scalar(
    F,
    'rewrite',
    'FARM_FINGERPRINT',
    { 'STRING -> INT64': 'own_farm_fingerprint', 'BYTES -> INT64': 'own_farm_fingerprint' },
    example(
      "SELECT CAST(FARM_FINGERPRINT(CONCAT(CAST(x AS STRING), y, CAST(z AS STRING))) AS STRING) FROM UNNEST([STRUCT(1 AS x, 'foo' AS y, true AS z), (2, 'apple', false), (3, '', true)]) ORDER BY x",
      ['-1541654101129638711'],
      ['2794438866806483259'],
      ['-4880158226897771312'],
    ),
  ),
  scalar(
    F,
    'rewrite',
    'SHA512',
    { 'STRING -> BYTES': 'own_sha512', 'BYTES -> BYTES': 'own_sha512' },
    example("SELECT TO_BASE64(SHA512('Hello World'))", [
      'LHT9F+2v2A6ER7DUZ0HuJDt+t03SFJoKsbkkb7MDgvJ+hT2FhXGeDmfL2g2qj1FnEGRhXWRa4nrLFb+xRH9Fmw==',
    ]),
  ),
  scalar(
    F,
    'rewrite',
    'SAFE_CONVERT_BYTES_TO_STRING',
    { 'BYTES -> STRING': 'own_text_of_bytes' },
    example("SELECT SAFE_CONVERT_BYTES_TO_STRING(b'\\xc2'), SAFE_CONVERT_BYTES_TO_STRING(b'ab')", [
      '\ufffd',
      'ab',
    ]),
  ),
  special(
    'String',
    'NORMALIZE',
    'NORMALIZE(STRING[, NFC | NFKC | NFD | NFKD])',
    normalizing(false),
    example("SELECT NORMALIZE('\\u00ea') = NORMALIZE('\\u0065\\u0302'), NORMALIZE('\\u2168', NFKC)", [
      true,
      'IX',
    ]),
    failing("SELECT NORMALIZE('a', NFX)", 'Invalid normalization mode'),
  ),
  special(
    'String',
    'NORMALIZE_AND_CASEFOLD',
    'NORMALIZE_AND_CASEFOLD(STRING[, NFC | NFKC | NFD | NFKD])',
    normalizing(true),
    example(
      "SELECT NORMALIZE_AND_CASEFOLD('The red barn') = NORMALIZE_AND_CASEFOLD('The Red Barn'), NORMALIZE_AND_CASEFOLD('\\u2168', NFKC), NORMALIZE_AND_CASEFOLD('Straße ΣΑΣ')",
      [true, 'ix', 'strasse σασ'],
    ),
  ),
  scalar(
    'String',
    'rewrite',
    'CONTAINS_SUBSTR',
    { 'STRING, STRING! -> BOOL': contained },
    example(
      "SELECT CONTAINS_SUBSTR('the blue house', 'Blue house'), CONTAINS_SUBSTR('the red house', 'blue'), CONTAINS_SUBSTR('\\u2168 day', 'IX')",
      [true, false, true],
    ),
  ),
  scalar(
    'String',
    'rewrite',
    'SOUNDEX',
    { 'STRING -> STRING': 'own_soundex' },
    example(
      "SELECT SOUNDEX('Ashcraft'), SOUNDEX('Robert'), SOUNDEX('Rupert'), SOUNDEX('Tymczak'), SOUNDEX('')",
      ['A261', 'R163', 'R163', 'T522', ''],
    ),
  ),
  scalar(
    'String',
    'rewrite',
    'EDIT_DISTANCE',
    {
      'STRING, STRING -> INT64': ([a, b]) =>
        `own_edit_distance(${a}, ${b}, CAST(9223372036854775807 AS BIGINT))`,
    },
    example("SELECT EDIT_DISTANCE('a', 'b'), EDIT_DISTANCE('aa', 'b'), EDIT_DISTANCE('aab', 'b')", [1, 2, 2]),
  ),
  scalar(
    'String',
    'rewrite',
    'TO_CODE_POINTS',
    {
      'STRING -> ARRAY<INT64>': (args) =>
        once(
          args,
          ([x]) =>
            `CASE WHEN ${x} = '' THEN CAST([] AS BIGINT[]) ELSE list_transform(regexp_extract_all(${x}, '(?s:.)'), lambda point: CAST(unicode(point) AS BIGINT)) END`,
        ),
      ...pointsOfBytes,
    },
    example("SELECT TO_CODE_POINTS(b'\\x00\\x01\\x10\\xff'), TO_CODE_POINTS(b'')", [[0, 1, 16, 255], []]),
    example("SELECT TO_CODE_POINTS('foo'), TO_CODE_POINTS('Ā')", [[102, 111, 111], [256]]),
  ),
  scalar(
    'String',
    'rewrite',
    'CODE_POINTS_TO_BYTES',
    bytesOfPoints,
    example('SELECT CODE_POINTS_TO_BYTES([65, 98, 67, 100]) = b"AbCd"', [true]),
    failing('SELECT CODE_POINTS_TO_BYTES([256])', 'Invalid ASCII codepoint'),
  ),
  scalar(
    'String',
    'rewrite',
    'CODE_POINTS_TO_STRING',
    {
      'ARRAY<INT64> -> STRING': (args, how) =>
        once(
          args,
          ([list]) =>
            `CASE WHEN len(list_filter(${list}, lambda point: point IS NULL)) > 0 THEN NULL WHEN len(list_filter(${list}, lambda point: point < 0 OR point > 1114111 OR point BETWEEN 55296 AND 57343)) > 0 THEN ${how.fail("'Invalid codepoint'")} ELSE coalesce(array_to_string(list_transform(${list}, lambda point: chr(CAST(point AS INTEGER))), ''), CASE WHEN ${list} IS NOT NULL THEN '' END) END`,
        ),
    },
    example('SELECT CODE_POINTS_TO_STRING([65, 255, 513, 1024]), CODE_POINTS_TO_STRING([65, NULL])', [
      'AÿȁЀ',
      null,
    ]),
    failing('SELECT CODE_POINTS_TO_STRING([55296])', 'Invalid codepoint'),
  ),
]
