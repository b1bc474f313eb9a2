/** Hashes and encodings that DuckDB has: BYTES in, BYTES out, as BigQuery has them. */
import { example, scalar, type FunctionRow } from './row.ts'

const F = 'Hash and encoding'
const digest = (name: string) => ({
  'STRING -> BYTES': ([x]: string[]) => `unhex(${name}(${x}))`,
  'BYTES -> BYTES': ([x]: string[]) => `unhex(${name}(${x}))`,
})
export const hashRows: readonly FunctionRow[] = [
  scalar(
    F,
    'rewrite',
    'MD5',
    digest('md5'),
    example("SELECT TO_HEX(MD5('Hello World'))", ['b10a8db164e0754105b7a99be72e3fe5']),
  ),
  scalar(
    F,
    'rewrite',
    'SHA1',
    digest('sha1'),
    example("SELECT TO_HEX(SHA1('Hello World'))", ['0a4d55a8d778e5022fab701977c5d840bbc486d0']),
  ),
  scalar(
    F,
    'rewrite',
    'SHA256',
    digest('sha256'),
    example("SELECT TO_HEX(SHA256('Hello World'))", [
      'a591a6d40bf420404a011733cfb7b190d62c65bf0bcda32b57b277d9ad9f146e',
    ]),
  ),
  scalar(
    F,
    'rewrite',
    'TO_HEX',
    { 'BYTES -> STRING': ([x]) => `lower(hex(${x}))` },
    example("SELECT TO_HEX(b'\\x00\\x01\\x02\\x03\\xAA\\xEE\\xEF\\xFF'), TO_HEX(b'foobar')", [
      '00010203aaeeefff',
      '666f6f626172',
    ]),
  ),
  scalar(
    F,
    'native',
    'FROM_HEX',
    { 'STRING -> BYTES': 'unhex' },
    example("SELECT TO_HEX(FROM_HEX('00010203aaeeefff'))", ['00010203aaeeefff']),
  ),
  scalar(
    F,
    'native',
    'TO_BASE64',
    { 'BYTES -> STRING': 'to_base64' },
    example("SELECT TO_BASE64(b'\\377\\340')", ['/+A=']),
  ),
  scalar(
    F,
    'native',
    'FROM_BASE64',
    { 'STRING -> BYTES': 'from_base64' },
    example("SELECT TO_HEX(FROM_BASE64('/+A='))", ['ffe0']),
  ),
]
