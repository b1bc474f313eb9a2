/** STRING functions that change or find parts: INITCAP, INSTR, TRANSLATE, FORMAT; https://cloud.google.com/bigquery/docs/reference/standard-sql/string_functions. */
import { invalid, unsupported } from '../refusal.ts'
import { once, quoteText } from '../values/value.ts'
import { overLatin } from './latin.ts'
import { place } from './pieces.ts'
import { example, failing, scalar, type Emit, type FunctionRow } from './row.ts'

const F = 'String'

/** Words begin after one of these and after white space. */
const DELIMITERS = String.raw`\s\[\](){}/|<>!?@"^#$&~_,.:;*%+\-`
const capitalised = ([x]: string[], delimiters = DELIMITERS): string =>
  `array_to_string(list_transform(regexp_extract_all(lower(${x}), ${quoteText(delimiters === '' ? '(?s).+' : `[^${delimiters}]+|[${delimiters}]+`)}), lambda word: upper(word[1]) || word[2:]), '')`

/** A character of `source` without a partner in `target` is dropped; one given twice is an error. */
const translated = (args: string[], how: Emit): string => {
  const [, source, target] = how.values.map((value) => value.literal)
  if (source === undefined || target === undefined)
    throw unsupported('TRANSLATE with characters that are not string literals', how.at)
  const characters = [...source]
  if (new Set(characters).size !== characters.length)
    throw invalid('Duplicate character in the source characters of TRANSLATE', how.at)
  if ([...target].length > characters.length)
    throw unsupported('TRANSLATE with more target than source characters', how.at)
  return `translate(${args.join(', ')})`
}

const found = ([text, part, position, occurrence = 'CAST(1 AS BIGINT)']: string[], how: Emit): string => {
  if (how.values[1]!.literal === '') throw unsupported('INSTR of an empty text', how.at)
  return `own_instr(${text}, ${part}, ${position}, ${occurrence})`
}

export const moreStringRows: readonly FunctionRow[] = [
  scalar(
    F,
    'rewrite',
    'INITCAP',
    {
      'STRING -> STRING': (args) => once(args, ([x]) => capitalised([x!])),
      'STRING, STRING! -> STRING': (args, how) => {
        const given = how.values[1]!.literal
        if (given === undefined) throw unsupported('INITCAP with delimiters that are not a literal', how.at)
        const escaped = [...given]
          .map((letter) => (/[\\\]^-]/.test(letter) ? `\\${letter}` : letter))
          .join('')
        return once([args[0]!], ([x]) => capitalised([x!], escaped))
      },
    },
    example(
      "SELECT INITCAP('Apples1oranges2pears', '12'), INITCAP('hello WORLD-x', '-'), INITCAP('hELLO wORLD', '')",
      ['Apples1Oranges2Pears', 'Hello world-X', 'Hello world'],
    ),
    example(
      "SELECT INITCAP('Hello World-everyone!'), INITCAP('tHe dog BARKS loudly+friendly'), INITCAP(''), INITCAP(NULL)",
      ['Hello World-Everyone!', 'The Dog Barks Loudly+Friendly', '', null],
    ),
  ),
  scalar(
    F,
    'rewrite',
    'INSTR',
    {
      'STRING, STRING -> INT64': place,
      'STRING, STRING, INT64 -> INT64': found,
      'STRING, STRING, INT64, INT64 -> INT64': found,
      'BYTES, BYTES -> INT64': overLatin('INT64', place),
      'BYTES, BYTES, INT64 -> INT64': overLatin('INT64', found),
      'BYTES, BYTES, INT64, INT64 -> INT64': overLatin('INT64', found),
    },
    example(
      "SELECT INSTR('banana', 'an'), INSTR('helloooo', 'oo'), INSTR('banana', 'an', 3), INSTR('banana', 'ann', 1)",
      [2, 5, 4, 0],
    ),
    example(
      "SELECT INSTR('banana', 'an', 1, 2), INSTR('banana', 'an', 1, 3), INSTR('banana', 'an', -1, 1), INSTR('banana', 'an', -3, 1), INSTR('helloooo', 'oo', 1, 2), INSTR('äbä', 'ä', x) FROM UNNEST([2]) AS x",
      [4, 0, 4, 4, 6, 3],
    ),
    failing("SELECT INSTR('banana', 'an', 0)", 'must not be 0'),
    failing("SELECT INSTR('banana', 'an', 1, 0)", 'must be positive'),
  ),
  scalar(
    F,
    'rewrite',
    'TRANSLATE',
    { 'STRING, STRING, STRING -> STRING': translated },
    example("SELECT TRANSLATE('This is a cookie', 'sco', 'zku'), TRANSLATE('coaster', 'co', 'k')", [
      'Thiz iz a kuukie',
      'kaster',
    ]),
    failing("SELECT TRANSLATE('a', 'aa', 'bc')", 'Duplicate character'),
  ),
  scalar(
    F,
    'native',
    'CHARACTER_LENGTH',
    { 'STRING -> INT64': 'length' },
    example("SELECT CHARACTER_LENGTH('абвгд')", [5]),
  ),
  scalar(
    F,
    'rewrite',
    'OCTET_LENGTH',
    { 'STRING -> INT64': ([x]) => `octet_length(encode(${x}))`, 'BYTES -> INT64': 'octet_length' },
    example("SELECT OCTET_LENGTH('абвгд')", [10]),
  ),
  scalar(
    F,
    'rewrite',
    'UNICODE',
    {
      'STRING -> INT64': (args) =>
        once(
          args,
          ([x]) => `CASE WHEN ${x} = '' THEN CAST(0 AS BIGINT) ELSE CAST(unicode(${x}) AS BIGINT) END`,
        ),
    },
    example("SELECT UNICODE('âbcd'), UNICODE('â'), UNICODE(''), UNICODE(NULL)", [226, 226, 0, null]),
  ),
  scalar(
    F,
    'native',
    'ASCII',
    {
      'STRING -> INT64': (args, how) =>
        once(
          args,
          ([x]) =>
            `CASE WHEN ${x} = '' THEN CAST(0 AS BIGINT) WHEN ascii(${x}) < 128 THEN CAST(ascii(${x}) AS BIGINT) WHEN ${x} IS NOT NULL THEN ${how.fail("'ASCII of a character outside of ASCII is not supported by the local BigQuery'")} END`,
        ),
    },
    example("SELECT ASCII('abcd'), ASCII('a'), ASCII(''), ASCII(NULL)", [97, 97, 0, null]),
    failing("SELECT ASCII('ä')", 'outside of ASCII'),
  ),
  scalar(
    F,
    'native',
    'CHR',
    { 'INT64 -> STRING': ([n]) => `chr(CAST(${n} AS INTEGER))` },
    example('SELECT CHR(65), CHR(255), CHR(513), CHR(1024)', ['A', 'ÿ', 'ȁ', 'Ѐ']),
  ),
]
