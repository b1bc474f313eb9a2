/**
 * Clauses, operators and types of GoogleSQL where DuckDB would answer differently: each row says what
 * BigQuery's documentation says.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { rounded } from './rounded.ts'
import { openWarehouse, type Warehouse } from './warehouse.ts'

let warehouse: Warehouse
beforeAll(async () => {
  warehouse = await openWarehouse()
})
afterAll(() => warehouse.close())

const REFERENCE = 'https://cloud.google.com/bigquery/docs/reference/standard-sql'
interface Case {
  readonly says: string
  readonly sql: string
  readonly rows: readonly (readonly unknown[])[]
  readonly page: string
}
const cases: readonly Case[] = [
  { page: 'operators', says: 'a slash divides as FLOAT64', sql: 'SELECT 7 / 2, -7 / 2', rows: [[3.5, -3.5]] },
  {
    page: 'operators',
    says: 'NULL divided by zero is NULL',
    sql: 'SELECT x / 0 FROM UNNEST([CAST(NULL AS INT64)]) x',
    rows: [[null]],
  },
  {
    page: 'operators',
    says: 'concatenation with NULL is NULL',
    sql: "SELECT 'a' || NULL, 'a' || 'b', [1] || [2]",
    rows: [[null, 'ab', [1, 2]]],
  },
  {
    page: 'operators',
    says: 'integers do not overflow at 32 bits',
    sql: 'SELECT 2147483647 + 1, 100000 * 100000',
    rows: [[2147483648, 10000000000]],
  },
  {
    page: 'operators',
    says: 'a string literal compares as a date',
    sql: "SELECT DATE '2020-01-02' > '2020-01-01', DATE '2020-01-02' IN ('2020-01-02'), TIMESTAMP '2020-01-01 10:00:00' BETWEEN '2020-01-01' AND '2020-01-02'",
    rows: [[true, true, true]],
  },
  {
    page: 'operators',
    says: 'IN UNNEST is NULL when only a NULL could match',
    sql: 'SELECT 1 IN UNNEST([2, NULL]), 2 IN UNNEST([2, NULL]), 1 IN UNNEST([2]), 1 IN UNNEST(CAST([] AS ARRAY<INT64>)), NULL IN UNNEST([1])',
    rows: [[null, true, false, false, null]],
  },
  {
    page: 'operators',
    says: 'IS DISTINCT FROM treats NULL as a value',
    sql: 'SELECT NULL IS DISTINCT FROM NULL, 1 IS DISTINCT FROM NULL, 1 IS NOT DISTINCT FROM 1',
    rows: [[false, true, true]],
  },
  {
    page: 'operators',
    says: 'LIKE escapes with a backslash',
    sql: String.raw`SELECT 'a%b' LIKE 'a\\%b', 'axb' LIKE 'a\\%b', 'axb' LIKE 'a_b'`,
    rows: [[true, false, true]],
  },
  {
    page: 'operators',
    says: 'DATE plus an integer is a DATE, DATE plus an INTERVAL a DATETIME',
    sql: "SELECT DATE '2020-01-31' + 1, DATE '2020-01-31' + INTERVAL 1 MONTH",
    rows: [['2020-02-01', '2020-02-29T00:00:00']],
  },
  {
    page: 'operators',
    says: 'array access by offset, ordinal and safely',
    sql: 'SELECT a[0], a[OFFSET(1)], a[ORDINAL(1)], a[SAFE_OFFSET(9)], a[SAFE_ORDINAL(3)] FROM (SELECT [10, 20, 30] AS a)',
    rows: [[10, 20, 10, null, 30]],
  },
  {
    page: 'operators',
    says: 'OR and AND know three values',
    sql: 'SELECT NULL AND FALSE, NULL OR TRUE, NOT (1 = 2)',
    rows: [[false, true, true]],
  },
  {
    page: 'conversion_functions',
    says: 'a FLOAT64 becomes the NUMERIC nearest to it, a literal the NUMERIC that is written',
    sql: "SELECT CAST(f AS NUMERIC), CAST(123456789.123 AS NUMERIC), SAFE_CAST(CAST('inf' AS FLOAT64) AS NUMERIC) FROM UNNEST([1e20, 123456789.123, -123456789.123, 0.0009765625]) f ORDER BY f DESC",
    rows: [
      ['100000000000000000000.000000000', '123456789.123000000', null],
      ['123456789.122999996', '123456789.123000000', null],
      ['0.000976563', '123456789.123000000', null],
      ['-123456789.122999996', '123456789.123000000', null],
    ],
  },
  {
    page: 'conversion_functions',
    says: 'floats round half away from zero to INT64',
    sql: 'SELECT CAST(1.5 AS INT64), CAST(2.5 AS INT64), CAST(-0.5 AS INT64), CAST(-2.5 AS INT64)',
    rows: [[2, 3, -1, -3]],
  },
  {
    page: 'conversion_functions',
    says: 'values become text as documented',
    sql: "SELECT CAST(TRUE AS STRING), CAST(1.0 AS STRING), CAST(1e20 AS STRING), CAST(0.1 AS STRING), CAST(-5 AS STRING), CAST(DATE '2020-01-02' AS STRING)",
    rows: [['true', '1', '1e+20', '0.1', '-5', '2020-01-02']],
  },
  {
    page: 'conversion_functions',
    says: 'a TIMESTAMP becomes text with as many groups of three digits as needed, in UTC',
    sql: "SELECT CAST(TIMESTAMP '2015-05-03 03:00:04.384' AS STRING), CAST(TIMESTAMP '2015-05-03 03:00:04.38' AS STRING), CAST(TIMESTAMP '2015-05-03 05:00:04+02' AS STRING), CAST(TIMESTAMP '2015-05-03 03:00:04.000001' AS STRING)",
    rows: [
      [
        '2015-05-03 03:00:04.384+00',
        '2015-05-03 03:00:04.380+00',
        '2015-05-03 03:00:04+00',
        '2015-05-03 03:00:04.000001+00',
      ],
    ],
  },
  {
    page: 'conversion_functions',
    says: 'SAFE_CAST gives NULL for what CAST refuses',
    sql: "SELECT SAFE_CAST('apple' AS INT64), SAFE_CAST('1.5' AS INT64), SAFE_CAST('yes' AS BOOL), SAFE_CAST('2020-02-30' AS DATE), SAFE_CAST('2020/01/01' AS DATE), SAFE_CAST('9223372036854775808' AS INT64)",
    rows: [[null, null, null, null, null, null]],
  },
  {
    page: 'conversion_functions',
    says: 'SAFE_CAST of columns gives NULL for what CAST refuses',
    sql: "SELECT SAFE_CAST(x AS INT64), SAFE_CAST(x AS DATE), SAFE_CAST(x AS BOOL), SAFE_CAST(x AS FLOAT64) FROM UNNEST(['1', '2020-1-2', 'TRUE', '.5e1', 't', '2020-01-01x', NULL]) x",
    rows: [
      [1, null, null, 1],
      [null, '2020-01-02', null, null],
      [null, null, true, null],
      [null, null, null, 5],
      [null, null, null, null],
      [null, null, null, null],
      [null, null, null, null],
    ],
  },
  {
    page: 'conversion_functions',
    says: 'text becomes a TIMESTAMP in UTC unless it says where',
    sql: "SELECT CAST(x AS TIMESTAMP) FROM UNNEST(['2020-06-07 11:15:00', '2020-06-07T11:15:00Z', '2020-06-07 11:15:00+02:00', '2020-06-07', '2020-06-07 11:15:00.5 UTC']) x",
    rows: [
      ['2020-06-07 11:15:00+00'],
      ['2020-06-07 11:15:00+00'],
      ['2020-06-07 09:15:00+00'],
      ['2020-06-07 00:00:00+00'],
      ['2020-06-07 11:15:00.5+00'],
    ],
  },
  {
    page: 'functions-reference',
    says: 'SAFE. silences the function, as documented',
    sql: "SELECT SAFE.SUBSTR('foo', 0, -2), SAFE.LN(0), SAFE.PARSE_DATE('%Y-%m-%d', 'x'), SAFE.DIV(1, 0)",
    rows: [[null, null, null, null]],
  },
  {
    page: 'query-syntax',
    says: 'NULL sorts first ascending and last descending',
    sql: 'SELECT x FROM UNNEST([2, NULL, 1]) x ORDER BY x',
    rows: [[null], [1], [2]],
  },
  {
    page: 'query-syntax',
    says: 'NULL sorts last descending',
    sql: 'SELECT x FROM UNNEST([2, NULL, 1]) x ORDER BY x DESC',
    rows: [[2], [1], [null]],
  },
  {
    page: 'query-syntax',
    says: 'NULLS LAST can be asked for',
    sql: 'SELECT x FROM UNNEST([2, NULL, 1]) x ORDER BY x NULLS LAST',
    rows: [[1], [2], [null]],
  },
  {
    page: 'query-syntax',
    says: 'NULL has the same place inside windows and aggregates',
    sql: 'SELECT x, ROW_NUMBER() OVER (ORDER BY x DESC), (SELECT ARRAY_AGG(y IGNORE NULLS ORDER BY y DESC) FROM UNNEST([1, NULL, 3]) y) FROM UNNEST([2, NULL]) x ORDER BY 2',
    rows: [
      [2, 1, [3, 1]],
      [null, 2, [3, 1]],
    ],
  },
  {
    page: 'query-syntax',
    says: 'QUALIFY filters by a window',
    sql: "SELECT item FROM UNNEST([STRUCT('a' AS item, 1 AS n), ('b', 3), ('c', 2)]) WHERE TRUE QUALIFY RANK() OVER (ORDER BY n DESC) <= 2 ORDER BY item",
    rows: [['b'], ['c']],
  },
  {
    page: 'query-syntax',
    says: 'EXCEPT and REPLACE change a star',
    sql: 'SELECT * EXCEPT (a) REPLACE (b * 2 AS b) FROM (SELECT 1 AS a, 2 AS b, 3 AS c)',
    rows: [[4, 3]],
  },
  {
    page: 'query-syntax',
    says: 'UNNEST WITH OFFSET counts from zero',
    sql: "SELECT x, o FROM UNNEST(['a', 'b']) AS x WITH OFFSET AS o ORDER BY o DESC",
    rows: [
      ['b', 1],
      ['a', 0],
    ],
  },
  {
    page: 'query-syntax',
    says: 'an array column of the row unnests beside it',
    sql: 'SELECT id, n FROM (SELECT 1 AS id, [5, 6] AS list UNION ALL SELECT 2, []) AS t LEFT JOIN UNNEST(t.list) AS n ORDER BY id, n',
    rows: [
      [1, 5],
      [1, 6],
      [2, null],
    ],
  },
  {
    page: 'query-syntax',
    says: 'an array path after a comma is an UNNEST',
    sql: 'SELECT id, n FROM (SELECT 1 AS id, [5, 6] AS list) AS t, t.list AS n ORDER BY n',
    rows: [
      [1, 5],
      [1, 6],
    ],
  },
  {
    page: 'query-syntax',
    says: 'JOIN USING merges its columns',
    sql: 'SELECT * FROM (SELECT 1 AS k, 2 AS a) JOIN (SELECT 1 AS k, 3 AS b) USING (k)',
    rows: [[1, 2, 3]],
  },
  {
    page: 'query-syntax',
    says: 'FULL JOIN USING takes the key of either side',
    sql: 'SELECT k, a, b FROM (SELECT 1 AS k, 2 AS a) FULL JOIN (SELECT 5 AS k, 3 AS b) USING (k) ORDER BY k',
    rows: [
      [1, 2, null],
      [5, null, 3],
    ],
  },
  {
    page: 'query-syntax',
    says: 'a CTE shadows a table and an inner CTE an outer one',
    sql: 'WITH t AS (SELECT 1 AS x) SELECT (WITH t AS (SELECT 2 AS x) SELECT x FROM t), x FROM t',
    rows: [[2, 1]],
  },
  {
    page: 'query-syntax',
    says: 'names are case-insensitive',
    sql: 'WITH Mixed AS (SELECT 1 AS CamelCase) SELECT camelcase, M.CAMELCASE + 1 FROM mixed AS m',
    rows: [[1, 2]],
  },
  {
    page: 'query-syntax',
    says: 'GROUP BY takes positions, aliases, ALL',
    sql: 'SELECT MOD(x, 2) AS odd, COUNT(*) AS n FROM UNNEST([1, 2, 3]) x GROUP BY odd HAVING n > 1 UNION ALL SELECT MOD(x, 2), COUNT(*) FROM UNNEST([1, 2, 3]) x GROUP BY ALL HAVING COUNT(*) = 1',
    rows: [
      [1, 2],
      [0, 1],
    ],
  },
  {
    page: 'query-syntax',
    says: 'ROLLUP adds totals',
    sql: 'SELECT x, COUNT(*) FROM UNNEST([1, 1, 2]) x GROUP BY ROLLUP(x) ORDER BY x',
    rows: [
      [null, 3],
      [1, 2],
      [2, 1],
    ],
  },
  {
    page: 'query-syntax',
    says: 'an alias wins over a column in ORDER BY',
    sql: 'SELECT -x AS x FROM UNNEST([1, 2]) x ORDER BY x',
    rows: [[-2], [-1]],
  },
  {
    page: 'query-syntax',
    says: 'set operations work by position and widen',
    sql: 'SELECT 1 AS n UNION ALL SELECT 1.5 UNION ALL SELECT NULL ORDER BY n',
    rows: [[null], [1], [1.5]],
  },
  {
    page: 'query-syntax',
    says: 'INTERSECT and EXCEPT keep distinct rows',
    sql: '(SELECT x FROM UNNEST([1, 2, 2, 3]) x EXCEPT DISTINCT SELECT 3) INTERSECT DISTINCT SELECT x FROM UNNEST([2, 3]) x',
    rows: [[2]],
  },
  {
    page: 'query-syntax',
    says: 'LIMIT and OFFSET',
    sql: 'SELECT x FROM UNNEST([1, 2, 3]) x ORDER BY x LIMIT 1 OFFSET 1',
    rows: [[2]],
  },
  {
    page: 'query-syntax',
    says: 'correlated subqueries see the outer row',
    sql: 'SELECT x, (SELECT COUNT(*) FROM UNNEST([1, 2, 3]) y WHERE y < x), EXISTS (SELECT 1 FROM UNNEST([2]) z WHERE z = x) FROM UNNEST([1, 2]) x ORDER BY x',
    rows: [
      [1, 0, false],
      [2, 1, true],
    ],
  },
  {
    page: 'arrays',
    says: 'ARRAY(subquery) keeps its order and is empty, not NULL, without rows',
    sql: 'SELECT ARRAY(SELECT x FROM UNNEST([3, 1, 2]) x ORDER BY x DESC), ARRAY(SELECT x FROM UNNEST([1]) x WHERE x > 1), ARRAY(SELECT AS STRUCT x, x * 2 AS y FROM UNNEST([1]) x)[OFFSET(0)].y',
    rows: [[[3, 2, 1], [], 2]],
  },
  {
    page: 'data-types',
    says: 'STRUCT fields by name',
    sql: "SELECT s.a, s.b.c, STRUCT<x INT64, y STRING>(1, 'z').y FROM (SELECT STRUCT(1 AS a, STRUCT(2 AS c) AS b) AS s)",
    rows: [[1, 2, 'z']],
  },
  {
    page: 'data-types',
    says: 'tuples compare as a whole',
    sql: "SELECT (1, 'a') IN ((1, 'b'), (1, 'a')), (1, 2) = (1, 3)",
    rows: [[true, false]],
  },
  {
    page: 'window-function-calls',
    says: 'the default frame ends at the last peer',
    sql: 'SELECT x, SUM(x) OVER (ORDER BY x), SUM(x) OVER () FROM UNNEST([1, 2, 2]) x ORDER BY x',
    rows: [
      [1, 1, 5],
      [2, 5, 5],
      [2, 5, 5],
    ],
  },
  {
    page: 'window-function-calls',
    says: 'ROWS and RANGE frames',
    sql: 'SELECT x, SUM(x) OVER (ORDER BY x ROWS BETWEEN 1 PRECEDING AND CURRENT ROW), COUNT(*) OVER (ORDER BY x RANGE BETWEEN 1 PRECEDING AND 1 FOLLOWING) FROM UNNEST([1, 2, 4]) x ORDER BY x',
    rows: [
      [1, 1, 2],
      [2, 3, 2],
      [4, 6, 1],
    ],
  },
  {
    page: 'window-function-calls',
    says: 'a named window',
    sql: 'SELECT x, RANK() OVER w FROM UNNEST([2, 1]) x WINDOW w AS (ORDER BY x) ORDER BY x',
    rows: [
      [1, 1],
      [2, 2],
    ],
  },
  {
    page: 'window-function-calls',
    says: 'windows over aggregates',
    sql: 'SELECT x, COUNT(*), SUM(COUNT(*)) OVER (ORDER BY x) FROM UNNEST([1, 1, 2]) x GROUP BY x ORDER BY x',
    rows: [
      [1, 2, 2],
      [2, 1, 3],
    ],
  },
  {
    page: 'date_functions',
    says: 'EXTRACT of each part',
    sql: "SELECT EXTRACT(DAYOFWEEK FROM d), EXTRACT(WEEK FROM d), EXTRACT(ISOWEEK FROM d), EXTRACT(ISOYEAR FROM d), EXTRACT(QUARTER FROM d), EXTRACT(DAYOFYEAR FROM d) FROM (SELECT DATE '2015-12-27' AS d)",
    rows: [[1, 52, 52, 2015, 4, 361]],
  },
  {
    page: 'date_functions',
    says: 'WEEK(weekday) counts from that weekday',
    sql: "SELECT EXTRACT(WEEK(SUNDAY) FROM DATE '2017-11-05'), EXTRACT(WEEK(MONDAY) FROM DATE '2017-11-05'), EXTRACT(WEEK FROM DATE '2017-11-06')",
    rows: [[45, 44, 45]],
  },
  {
    page: 'timestamp_functions',
    says: 'a time zone is a name or an offset',
    sql: "SELECT DATETIME(t, '+05:30'), DATETIME(t, '-8'), DATE(t, '+14:00'), TIMESTAMP('2008-12-25 15:30:00', '+05:30'), FORMAT_TIMESTAMP('%F %R%Ez', t, '-03:30'), EXTRACT(HOUR FROM t AT TIME ZONE '+1'), STRING(t, '+05:30'), TIMESTAMP_TRUNC(t, DAY, '+10:00'), PARSE_TIMESTAMP('%F %R', '2008-12-25 15:30', '-02:00'), DATETIME(t, '+00:00') FROM UNNEST([TIMESTAMP '2008-12-25 15:30:00+00']) t",
    rows: [
      [
        '2008-12-25T21:00:00',
        '2008-12-25T07:30:00',
        '2008-12-26',
        '2008-12-25 10:00:00+00',
        '2008-12-25 12:00-03:30',
        16,
        '2008-12-25 21:00:00+05:30',
        '2008-12-25 14:00:00+00',
        '2008-12-25 17:30:00+00',
        '2008-12-25T15:30:00',
      ],
    ],
  },
  {
    page: 'timestamp_functions',
    says: 'EXTRACT in a zone',
    sql: "SELECT EXTRACT(DAY FROM TIMESTAMP '2008-12-25 05:30:00+00' AT TIME ZONE 'UTC'), EXTRACT(DAY FROM TIMESTAMP '2008-12-25 05:30:00+00' AT TIME ZONE 'America/Los_Angeles'), EXTRACT(HOUR FROM TIMESTAMP '2008-12-25 05:30:00+00'), EXTRACT(MILLISECOND FROM TIMESTAMP '2008-12-25 05:30:07.384+00')",
    rows: [[25, 24, 5, 384]],
  },
  {
    page: 'lexical',
    says: 'raw, triple-quoted and escaped strings',
    sql: String.raw`SELECT r'\d', 'a\nb', """it's "quoted" """, '\x41\u00e9\101', LENGTH(b'\xC3\xA9'), LENGTH(b'é')`,
    rows: [['\\d', 'a\nb', 'it\'s "quoted" ', 'AéA', 2, 2]],
  },
  {
    page: 'lexical',
    says: 'three kinds of comments',
    sql: 'SELECT 1 -- a\n, 2 # b\n, /* c; */ 3',
    rows: [[1, 2, 3]],
  },
  {
    page: 'lexical',
    says: 'hexadecimal integers and floats without a leading digit',
    sql: 'SELECT 0xFF, .5, 1e3, -0x10',
    rows: [[255, 0.5, 1000, -16]],
  },
  {
    page: 'operators',
    says: 'NaN equals nothing and is neither more nor less',
    sql: "SELECT x = x, x != x, x > 1, x < y, x BETWEEN 0 AND 9, y >= y FROM (SELECT CAST('nan' AS FLOAT64) AS x, 2.5 AS y)",
    rows: [[false, true, false, false, false, true]],
  },
  {
    page: 'data-types',
    says: 'NaN sorts after NULL and before every number',
    sql: "SELECT CAST(IS_NAN(x) AS STRING) FROM UNNEST([1.5, CAST('nan' AS FLOAT64), NULL, CAST('-inf' AS FLOAT64)]) x ORDER BY x",
    rows: [[null], ['true'], ['false'], ['false']],
  },
  {
    page: 'data-types',
    says: 'NaN sorts after NULL with DISTINCT as well',
    sql: "SELECT DISTINCT x AS y, n FROM UNNEST([1.5, CAST('nan' AS FLOAT64), NULL, 1.5, CAST('-inf' AS FLOAT64)]) x, UNNEST(['a']) n ORDER BY n, y DESC",
    rows: [
      [1.5, 'a'],
      [Number.NEGATIVE_INFINITY, 'a'],
      [Number.NaN, 'a'],
      [null, 'a'],
    ],
  },
  {
    page: 'conditional_expressions',
    says: 'a branch that is not taken does not fail',
    sql: 'SELECT IF(FALSE, 1 / 0, 2), CASE WHEN TRUE THEN 1 ELSE DIV(1, 0) END',
    rows: [[2, 1]],
  },
  {
    page: 'operators',
    says: 'structs are equal field by field: NULL where a NULL decides, FALSE where a field differs',
    sql: "SELECT STRUCT(1, NULL) = STRUCT(1, 2), STRUCT(1, NULL) = STRUCT(2, NULL), STRUCT(1, CAST(NULL AS INT64)) = STRUCT(1, NULL), STRUCT(1, 'a') != STRUCT(1, 'b'), STRUCT(1, NULL) != STRUCT(1, 2)",
    rows: [[null, false, null, true, null]],
  },
  {
    page: 'operators',
    says: 'IN of tuples with a NULL inside',
    sql: 'SELECT (1, NULL) IN ((1, 2), (2, 3)), (1, NULL) IN ((2, 2)), (1, 2) NOT IN ((1, NULL)), (1, 2) NOT IN ((1, 3), (2, 2))',
    rows: [[null, false, null, true]],
  },
  {
    page: 'conversion_functions',
    says: 'text in hexadecimal becomes an integer',
    sql: "SELECT CAST('0x123' AS INT64), CAST('-0x123' AS INT64), SAFE_CAST('0xF' AS INT64), SAFE_CAST('0xG' AS INT64), SAFE_CAST('0x8000000000000000' AS INT64)",
    rows: [[291, -291, 15, null, null]],
  },
  {
    page: 'conversion_functions',
    says: 'text with an exponent becomes a NUMERIC',
    sql: "SELECT CAST(SAFE_CAST('1e3' AS NUMERIC) AS STRING), CAST(CAST('-1.5E-2' AS NUMERIC) AS STRING), SAFE_CAST('1e' AS NUMERIC) IS NULL",
    rows: [['1000', '-0.015', true]],
  },
  {
    page: 'timestamp_functions',
    says: 'a local time that the clock shows twice is the first of both, one it skips is moved on',
    sql: "SELECT UNIX_SECONDS(TIMESTAMP('2024-11-03 01:30:00', 'America/New_York')), UNIX_SECONDS(TIMESTAMP '2024-11-03 01:30:00 America/New_York'), UNIX_SECONDS(CAST(s AS TIMESTAMP)), UNIX_SECONDS(TIMESTAMP('2024-03-10 02:30:00', 'America/New_York')), UNIX_SECONDS(TIMESTAMP('2024-04-07 01:45:00', 'Australia/Lord_Howe')) FROM UNNEST(['2024-11-03 01:30:00 America/New_York']) s",
    rows: [[1730611800, 1730611800, 1730611800, 1710055800, 1712414700]],
  },
  {
    page: 'timestamp_functions',
    says: 'truncation to the hour keeps to its own one of two equal hours',
    sql: "SELECT UNIX_SECONDS(TIMESTAMP_TRUNC(t, HOUR, 'America/New_York')), UNIX_SECONDS(TIMESTAMP_TRUNC(t, HOUR, 'Asia/Kolkata')) FROM UNNEST([TIMESTAMP '2024-11-03 05:31:00+00', '2024-11-03 06:30:00+00']) t ORDER BY t",
    rows: [
      [1730610000, 1730611800],
      [1730613600, 1730615400],
    ],
  },
  {
    page: 'conversion_functions',
    says: 'text with an unknown zone is no TIMESTAMP',
    sql: "SELECT SAFE_CAST(s AS TIMESTAMP) FROM UNNEST(['2024-11-03 01:30:00 Nowhere/X', '2024-06-03T01:30:00 Europe/Berlin']) s",
    rows: [[null], ['2024-06-02 23:30:00+00']],
  },
  {
    page: 'aggregate_functions',
    says: 'aggregates over no rows',
    sql: 'SELECT COUNT(*), SUM(x), ARRAY_AGG(x), COUNTIF(x = 1) FROM UNNEST(CAST([] AS ARRAY<INT64>)) x',
    rows: [[0, null, null, 0]],
  },
]

describe('the language', () => {
  it.each(cases)(`$says (${REFERENCE}/$page)`, async ({ sql, rows }) => {
    expect(rounded((await warehouse.run(sql)).rows)).toEqual(rounded(rows))
  })

  it('keeps BigQuery types in the schema', async () => {
    const { schema } = await warehouse.run(
      "SELECT 1, SUM(x) AS s, AVG(x) AS a, COUNT(*) AS n, MAX(DATE '2020-01-01') AS d, CURRENT_TIMESTAMP() AS t, DATETIME '2020-01-01' AS dt, ARRAY_AGG(x) AS l, STRUCT(1 AS i, 'x' AS j) AS r, CAST('1.5' AS NUMERIC) AS m, NULL AS z, MOD(5, 2) AS o, LENGTH('a') AS q FROM UNNEST([1]) x",
    )
    expect(
      schema.map((column) => `${column.name} ${column.mode === 'REPEATED' ? 'REPEATED ' : ''}${column.type}`),
    ).toEqual([
      'f0_ INTEGER',
      's INTEGER',
      'a FLOAT',
      'n INTEGER',
      'd DATE',
      't TIMESTAMP',
      'dt DATETIME',
      'l REPEATED INTEGER',
      'r RECORD',
      'm NUMERIC',
      'z INTEGER',
      'o INTEGER',
      'q INTEGER',
    ])
  })
})
