/** STRING functions; https://cloud.google.com/bigquery/docs/reference/standard-sql/string_functions. Positions count characters from 1; NULL in, NULL out. */
import { invalid } from '../refusal.ts'
import { castSql } from '../values/cast.ts'
import { STRING, typeName } from '../values/gtype.ts'
import { once } from '../values/value.ts'
import {
  edgeOfBytes,
  endOfBytes,
  padOfBytes,
  repeatOfBytes,
  reverseOfBytes,
  substringOfBytes,
} from './bytes.ts'
import { overLatin } from './latin.ts'
import { place, replaced, split } from './pieces.ts'
import { example, failing, scalar, type Emit, type FunctionRow } from './row.ts'

const F = 'String'
const chained = (args: string[]) => (args.length === 1 ? args[0]! : `(${args.join(' || ')})`)
/** Position 0 counts as 1; a negative one from the end, and before the start means the start. */
const substring = (args: string[], how: Emit) =>
  once(args, ([text, position, length]) => {
    const start = `CASE WHEN ${position} = 0 THEN 1 WHEN ${position} < 0 THEN greatest(length(${text}) + ${position} + 1, 1) ELSE ${position} END`
    const plain = `substr(${text}, ${start}${length ? `, ${length}` : ''})`
    return length
      ? `CASE WHEN ${length} < 0 AND ${text} IS NOT NULL AND ${position} IS NOT NULL THEN ${how.fail("'Third argument in SUBSTR() cannot be negative'")} ELSE ${plain} END`
      : plain
  })
const pad = (name: string) => (args: string[], how: Emit) =>
  once(
    args,
    ([text, length, filler = "' '"]) =>
      `CASE WHEN ${length} < 0 THEN ${how.fail(`'Second argument in ${name.toUpperCase()}() must be greater than or equal to 0'`)} WHEN ${filler} = '' THEN ${how.fail("'Third argument must not be an empty string'")} ELSE ${name}(${text}, CAST(${length} AS INTEGER), ${filler}) END`,
  )
const WHITESPACE =
  "chr(9) || chr(10) || chr(11) || chr(12) || chr(13) || ' ' || chr(133) || chr(160) || chr(5760) || chr(8192) || chr(8193) || chr(8194) || chr(8195) || chr(8196) || chr(8197) || chr(8198) || chr(8199) || chr(8200) || chr(8201) || chr(8202) || chr(8232) || chr(8233) || chr(8239) || chr(8287) || chr(12288)"
const trimming = (name: string) => ({
  'STRING -> STRING': ([x]: string[]) => `${name}(${x}, ${WHITESPACE})`,
  'STRING, STRING -> STRING': name,
  'BYTES, BYTES -> BYTES': overLatin('BYTES', (args) => `${name}(${args.join(', ')})`),
})
const ends = (name: string, words: string) => (args: string[], how: Emit) =>
  once(
    args,
    ([text, length]) =>
      `CASE WHEN ${length} < 0 THEN ${how.fail(`'Second argument in ${words}() cannot be a negative value'`)} ELSE ${name}(${text}, ${length}) END`,
  )

/** Unicode's full mapping, ß to SS: DuckDB maps letter by letter, which is the same for ASCII only. */
const inCase = (name: 'lower' | 'upper', text: string): string =>
  once([text], ([x]) => `CASE WHEN strlen(${x}) = length(${x}) THEN ${name}(${x}) ELSE own_${name}(${x}) END`)

export const stringRows: readonly FunctionRow[] = [
  scalar(
    F,
    'rewrite',
    'CONCAT',
    {
      'STRING, STRING* -> STRING': chained,
      'BYTES, BYTES* -> BYTES': chained,
      'ANY, ANY* -> STRING': (args, how) =>
        chained(
          args.map((arg, i) => {
            const { type } = how.values[i]!
            if (type.kind !== 'scalar' || type.name === 'BYTES' || type.name === 'JSON')
              throw invalid(
                `No matching signature for function CONCAT for argument types: ${how.values.map((value) => typeName(value.type)).join(', ')}`,
                how.at,
              )
            return castSql(arg, type, STRING, { isSafe: false })
          }),
        ),
    },
    example("SELECT CONCAT('T.P.', ' ', 'Bar'), CONCAT('Summer', ' ', NULL)", ['T.P. Bar', null]),
    example("SELECT CONCAT('a', 1, TRUE), CONCAT('d', DATE '2026-01-02')", ['a1true', 'd2026-01-02']),
  ),
  scalar(
    F,
    'native',
    'LENGTH',
    { 'STRING -> INT64': 'length', 'BYTES -> INT64': 'octet_length' },
    example("SELECT LENGTH('абвгд'), LENGTH(CAST('абвгд' AS BYTES))", [5, 10]),
  ),
  scalar(
    F,
    'native',
    'CHAR_LENGTH',
    { 'STRING -> INT64': 'length' },
    example("SELECT CHAR_LENGTH('абвгд')", [5]),
  ),
  scalar(
    F,
    'rewrite',
    'BYTE_LENGTH',
    { 'STRING -> INT64': ([x]) => `octet_length(encode(${x}))`, 'BYTES -> INT64': 'octet_length' },
    example("SELECT BYTE_LENGTH('абвгд')", [10]),
  ),
  scalar(
    F,
    'rewrite',
    'LOWER',
    { 'STRING -> STRING': ([x]) => inCase('lower', x!) },
    example("SELECT LOWER('FOO'), LOWER('ÄÖ'), LOWER('ΣΑΣ'), LOWER('İ')", ['foo', 'äö', 'σας', 'i̇']),
  ),
  scalar(
    F,
    'rewrite',
    'UPPER',
    { 'STRING -> STRING': ([x]) => inCase('upper', x!) },
    example("SELECT UPPER('foo'), UPPER('äö'), UPPER('straße'), UPPER('ﬁn')", [
      'FOO',
      'ÄÖ',
      'STRASSE',
      'FIN',
    ]),
  ),
  scalar(
    F,
    'rewrite',
    'SUBSTR',
    {
      'STRING, INT64 -> STRING': substring,
      'STRING, INT64, INT64 -> STRING': substring,
      ...substringOfBytes('SUBSTR'),
    },
    example(
      "SELECT TO_HEX(SUBSTR(b'\\x01\\x02\\x03\\x04', 2)), TO_HEX(SUBSTR(b'\\x01\\x02\\x03\\x04', -2, 1)), TO_HEX(SUBSTR(b'ab', 5)), TO_HEX(SUBSTR(SHA256('a'), 1, 4))",
      ['020304', '03', '', 'ca978112'],
    ),
    example(
      "SELECT SUBSTR('apple', 2), SUBSTR('apple', 2, 2), SUBSTR('apple', -2), SUBSTR('apple', 1, 123), SUBSTR('apple', 123)",
      ['pple', 'pp', 'le', 'apple', ''],
    ),
    example(
      "SELECT SUBSTR('apple', 0), SUBSTR('apple', 0, 2), SUBSTR('apple', -9, 2), SUBSTR('apple', 2, 0)",
      ['apple', 'ap', 'ap', ''],
    ),
    failing("SELECT SUBSTR('apple', 1, -1)", 'negative'),
  ),
  scalar(
    F,
    'rewrite',
    'SUBSTRING',
    {
      'STRING, INT64 -> STRING': substring,
      'STRING, INT64, INT64 -> STRING': substring,
      ...substringOfBytes('SUBSTRING'),
    },
    example("SELECT SUBSTRING('apple', 2, 2)", ['pp']),
  ),
  scalar(
    F,
    'rewrite',
    'LEFT',
    { 'STRING, INT64 -> STRING': ends('left', 'LEFT'), ...endOfBytes('left') },
    example("SELECT LEFT(b'apple', 3) = b'app', LEFT(b'apple', 9) = b'apple', LEFT(b'apple', 0) = b''", [
      true,
      true,
      true,
    ]),
    example("SELECT LEFT('banana', 3)", ['ban']),
  ),
  scalar(
    F,
    'rewrite',
    'RIGHT',
    { 'STRING, INT64 -> STRING': ends('right', 'RIGHT'), ...endOfBytes('right') },
    example("SELECT RIGHT(b'apple', 3) = b'ple'", [true]),
    example("SELECT RIGHT('apple', 3)", ['ple']),
  ),
  scalar(
    F,
    'rewrite',
    'LPAD',
    {
      'STRING, INT64 -> STRING': pad('lpad'),
      'STRING, INT64, STRING -> STRING': pad('lpad'),
      ...padOfBytes('lpad'),
    },
    example(
      "SELECT LPAD(b'abc', 5) = b'  abc', LPAD(b'abc', 2) = b'ab', LPAD(b'abc', 8, b'def') = b'defdeabc'",
      [true, true, true],
    ),
    example("SELECT LPAD('abc', 5), LPAD('abc', 2), LPAD('abc', 8, 'def')", ['  abc', 'ab', 'defdeabc']),
  ),
  scalar(
    F,
    'rewrite',
    'RPAD',
    {
      'STRING, INT64 -> STRING': pad('rpad'),
      'STRING, INT64, STRING -> STRING': pad('rpad'),
      ...padOfBytes('rpad'),
    },
    example("SELECT RPAD(b'abc', 8, b'def') = b'abcdefde'", [true]),
    example("SELECT RPAD('abc', 5, '-'), RPAD('abc', 2), RPAD('abc', 8, 'def')", ['abc--', 'ab', 'abcdefde']),
  ),
  scalar(
    F,
    'native',
    'TRIM',
    trimming('trim'),
    example("SELECT TO_HEX(TRIM(b'\\xff\\xe9a\\xff', b'\\xff\\x00'))", ['e961']),
    example("SELECT TRIM('   apple   '), TRIM('***apple***', '*')", ['apple', 'apple']),
  ),
  scalar(
    F,
    'native',
    'LTRIM',
    trimming('ltrim'),
    example("SELECT LTRIM('   apple   '), LTRIM('***apple***', '*')", ['apple   ', 'apple***']),
  ),
  scalar(
    F,
    'native',
    'RTRIM',
    trimming('rtrim'),
    example("SELECT RTRIM('***apple***', '*'), RTRIM('applexxz', 'xyz')", ['***apple', 'apple']),
  ),
  scalar(
    F,
    'native',
    'STARTS_WITH',
    { 'STRING, STRING -> BOOL': 'starts_with', ...edgeOfBytes('starts_with') },
    example("SELECT STARTS_WITH(b'bar', b'b'), STARTS_WITH(b'\\x12\\x34', b'\\x23')", [true, false]),
    example("SELECT STARTS_WITH('bar', 'b')", [true]),
  ),
  scalar(
    F,
    'native',
    'ENDS_WITH',
    { 'STRING, STRING -> BOOL': 'ends_with', ...edgeOfBytes('ends_with') },
    example("SELECT ENDS_WITH(b'bar', b'r')", [true]),
    example("SELECT ENDS_WITH('apple', 'e'), ENDS_WITH('banana', 'e')", [true, false]),
  ),
  scalar(
    F,
    'rewrite',
    'REPLACE',
    {
      'STRING, STRING, STRING -> STRING': replaced,
      'BYTES, BYTES, BYTES -> BYTES': overLatin('BYTES', replaced),
    },
    example("SELECT TO_HEX(REPLACE(b'a\\xffb', b'\\xff', b'\\x00\\xfe'))", ['6100fe62']),
    example("SELECT REPLACE('apple pie', 'pie', 'cobbler')", ['apple cobbler']),
  ),
  scalar(
    F,
    'rewrite',
    'REVERSE',
    {
      'STRING -> STRING': ([x]) => `array_to_string(list_reverse(regexp_extract_all(${x}, '(?s).')), '')`,
      ...reverseOfBytes,
    },
    example("SELECT REVERSE(b'1a3') = b'3a1', REVERSE(b'') = b''", [true, true]),
    example("SELECT REVERSE('abc'), REVERSE('абв')", ['cba', 'вба']),
  ),
  scalar(
    F,
    'rewrite',
    'REPEAT',
    {
      'STRING, INT64 -> STRING': (args, how) =>
        once(
          args,
          ([text, n]) =>
            `CASE WHEN ${n} < 0 THEN ${how.fail("'Second argument in REPEAT() must not be negative'")} ELSE repeat(${text}, ${n}) END`,
        ),
      ...repeatOfBytes,
    },
    example("SELECT REPEAT(b'ab', 2) = b'abab'", [true]),
    example("SELECT REPEAT('abc', 3), REPEAT('abc', NULL)", ['abcabcabc', null]),
  ),
  scalar(
    F,
    'rewrite',
    'STRPOS',
    { 'STRING, STRING -> INT64': place, 'BYTES, BYTES -> INT64': overLatin('INT64', place) },
    example("SELECT STRPOS(b'ab\\xff', b'\\xff')", [3]),
    example("SELECT STRPOS('foo@example.com', '@'), STRPOS('foobar', '@')", [4, 0]),
  ),
  scalar(
    F,
    'rewrite',
    'SPLIT',
    {
      'STRING -> ARRAY<STRING>': ([x]) => `CASE WHEN ${x} = '' THEN [''] ELSE string_split(${x}, ',') END`,
      'STRING, STRING -> ARRAY<STRING>': split,
      'BYTES, BYTES -> ARRAY<BYTES>': overLatin('ARRAY<BYTES>', split),
    },
    example("SELECT SPLIT(b'b\\x00c', b'\\x00')[OFFSET(1)] = b'c', ARRAY_LENGTH(SPLIT(b'', b','))", [
      true,
      1,
    ]),
    example("SELECT SPLIT('b c d', ' '), SPLIT('', ' '), SPLIT('a,,b')", [
      ['b', 'c', 'd'],
      [''],
      ['a', '', 'b'],
    ]),
  ),
]
