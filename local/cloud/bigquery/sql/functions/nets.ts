/** NET functions, over functions of the engine's own; https://cloud.google.com/bigquery/docs/reference/standard-sql/net_functions. */
import { once } from '../values/value.ts'
import { example, failing, scalar, type FunctionRow } from './row.ts'

const F = 'Net'
const URLS =
  "UNNEST(['', 'http://abc.xyz', '//user:password@a.b:80/path?query', 'https://[::1]:80', 'http://例子.卷筒纸.中国', '    www.Example.Co.UK    ', 'mailto:?to=&subject=&body=']) AS url WITH OFFSET AS o ORDER BY o"
const rows = (...values: (string | null)[]): (string | null)[][] => values.map((value) => [value])

export const netRows: readonly FunctionRow[] = [
  scalar(
    F,
    'rewrite',
    'NET.HOST',
    { 'STRING -> STRING': 'own_net_host' },
    example(
      `SELECT NET.HOST(url) FROM ${URLS}`,
      ...rows(null, 'abc.xyz', 'a.b', '[::1]', '例子.卷筒纸.中国', 'www.Example.Co.UK', 'mailto'),
    ),
  ),
  scalar(
    F,
    'rewrite',
    'NET.PUBLIC_SUFFIX',
    { 'STRING -> STRING': 'own_net_public_suffix' },
    example(
      `SELECT NET.PUBLIC_SUFFIX(url) FROM ${URLS}`,
      ...rows(null, 'xyz', null, null, '中国', 'Co.UK', null),
    ),
  ),
  scalar(
    F,
    'rewrite',
    'NET.REG_DOMAIN',
    { 'STRING -> STRING': 'own_net_reg_domain' },
    example(
      `SELECT NET.REG_DOMAIN(url) FROM ${URLS}`,
      ...rows(null, 'abc.xyz', null, null, '卷筒纸.中国', 'Example.Co.UK', null),
    ),
    example("SELECT NET.REG_DOMAIN('foo.us.com')", ['us.com']),
  ),
  scalar(
    F,
    'rewrite',
    'NET.IP_FROM_STRING',
    {
      'STRING -> BYTES': (args, how) =>
        once(
          args,
          ([x]) =>
            `CASE WHEN ${x} IS NOT NULL THEN coalesce(own_net_ip_from_string(${x}), ${how.fail(`concat('NET.IP_FROM_STRING() encountered an unparseable IP-address: ', ${x})`)}) END`,
        ),
    },
    example(
      "SELECT TO_HEX(NET.IP_FROM_STRING(x)) FROM UNNEST(['48.49.50.51', '::1', '3031:3233:3435:3637:3839:4041:4243:4445', '::ffff:192.0.2.128']) AS x WITH OFFSET AS o ORDER BY o",
      ...rows(
        '30313233',
        '00000000000000000000000000000001',
        '30313233343536373839404142434445',
        '00000000000000000000ffffc0000280',
      ),
    ),
    failing("SELECT NET.IP_FROM_STRING('10.1.2.3/32')", 'encountered an unparseable IP-address: 10.1.2.3/32'),
  ),
  scalar(
    F,
    'rewrite',
    'NET.SAFE_IP_FROM_STRING',
    { 'STRING -> BYTES': 'own_net_ip_from_string' },
    example(
      "SELECT TO_HEX(NET.SAFE_IP_FROM_STRING(x)) FROM UNNEST(['48.49.50.51', '48.49.50.51/32', '48.49.50', '::wxyz']) AS x WITH OFFSET AS o ORDER BY o",
      ...rows('30313233', null, null, null),
    ),
  ),
  scalar(
    F,
    'rewrite',
    'NET.IP_TO_STRING',
    { 'BYTES -> STRING': 'own_net_ip_to_string' },
    example(
      "SELECT NET.IP_TO_STRING(x) FROM UNNEST([b'0123', FROM_HEX('00000000000000000000000000000001'), b'0123456789@ABCDE', FROM_HEX('00000000000000000000ffffc0000280')]) AS x WITH OFFSET AS o ORDER BY o",
      ...rows('48.49.50.51', '::1', '3031:3233:3435:3637:3839:4041:4243:4445', '::ffff:192.0.2.128'),
    ),
    failing("SELECT NET.IP_TO_STRING(b'012')", 'encountered an invalid IP address'),
  ),
  scalar(
    F,
    'rewrite',
    'NET.IP_NET_MASK',
    { 'INT64, INT64 -> BYTES': 'own_net_ip_net_mask' },
    example(
      'SELECT TO_HEX(NET.IP_NET_MASK(x, y)) FROM UNNEST([STRUCT(4 AS x, 0 AS y), (4, 20), (4, 32), (16, 0), (16, 1), (16, 128)]) WITH OFFSET AS o ORDER BY o',
      ...rows('00000000', 'fffff000', 'ffffffff', '0'.repeat(32), `80${'0'.repeat(30)}`, 'f'.repeat(32)),
    ),
    failing('SELECT NET.IP_NET_MASK(4, 33)', 'must be between 0 and the first argument * 8; got 33'),
  ),
  scalar(
    F,
    'rewrite',
    'NET.IP_TRUNC',
    { 'BYTES, INT64 -> BYTES': 'own_net_ip_trunc' },
    example(
      "SELECT TO_HEX(NET.IP_TRUNC(x, n)) FROM UNNEST([STRUCT(b'\\xAA\\xBB\\xCC\\xDD' AS x, 0 AS n), (b'\\xAA\\xBB\\xCC\\xDD', 11), (b'\\xAA\\xBB\\xCC\\xDD', 12), (b'\\xAA\\xBB\\xCC\\xDD', 24), (b'\\xAA\\xBB\\xCC\\xDD', 32), (b'0123456789@ABCDE', 80)]) WITH OFFSET AS o ORDER BY o",
      ...rows('00000000', 'aaa00000', 'aab00000', 'aabbcc00', 'aabbccdd', '30313233343536373839000000000000'),
    ),
    failing("SELECT NET.IP_TRUNC(b'0', 0)", 'must have length 4 (for IPv4) or 16 (for IPv6); got 1'),
  ),
  scalar(
    F,
    'rewrite',
    'NET.IPV4_FROM_INT64',
    { 'INT64 -> BYTES': 'own_net_ipv4_from_int64' },
    example(
      "SELECT TO_HEX(NET.IPV4_FROM_INT64(CAST(x AS INT64))) FROM UNNEST(['0x0', '0xABCDEF', '0xFFFFFFFF', '-0x1', '-0x2']) AS x WITH OFFSET AS o ORDER BY o",
      ...rows('00000000', '00abcdef', 'ffffffff', 'ffffffff', 'fffffffe'),
    ),
    failing('SELECT NET.IPV4_FROM_INT64(4294967296)', 'encountered an invalid integer IP'),
  ),
  scalar(
    F,
    'rewrite',
    'NET.IPV4_TO_INT64',
    { 'BYTES -> INT64': 'own_net_ipv4_to_int64' },
    example(
      "SELECT FORMAT('0x%X', NET.IPV4_TO_INT64(x)) FROM UNNEST([b'\\x00\\x00\\x00\\x00', b'\\x00\\xab\\xcd\\xef', b'\\xff\\xff\\xff\\xff']) AS x WITH OFFSET AS o ORDER BY o",
      ...rows('0x0', '0xABCDEF', '0xFFFFFFFF'),
    ),
    failing("SELECT NET.IPV4_TO_INT64(b'')", 'encountered a non-IPv4 address'),
  ),
]
