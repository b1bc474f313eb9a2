/**
 * What the language does not support is refused by name, and wrong SQL is refused as BigQuery does, with its
 * place.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { CloudError } from '../../../local/cloud/kernel.ts'
import { field, openWarehouse, type Warehouse } from './warehouse.ts'

let warehouse: Warehouse
beforeAll(async () => {
  warehouse = await openWarehouse()
  await warehouse.table('d.t', [field('id', 'INTEGER'), field('name', 'STRING'), field('day', 'DATE')])
})
afterAll(() => warehouse.close())

const refusalOf = (sql: string): Promise<CloudError> =>
  warehouse.run(sql).then(
    () => {
      throw new Error('was accepted')
    },
    (error: unknown) => {
      if (error instanceof CloudError) return error
      throw error
    },
  )

const unsupported: readonly (readonly [string, string])[] = [
  ['SELECT NO_SUCH_FUNCTION(1)', 'Function not found: NO_SUCH_FUNCTION at [1:8]'],
  [
    "SELECT NET.IP_IN_NET('10.1.2.3', '10.0.0.0/8')",
    'Function NET.IP_IN_NET is not supported by the local BigQuery at [1:8]',
  ],
  [
    "SELECT DLP_DETERMINISTIC_ENCRYPT(DLP_KEY_CHAIN('k', b''), 'a', '')",
    'Function DLP_DETERMINISTIC_ENCRYPT is not supported by the local BigQuery at [1:8]',
  ],
  [
    'SELECT HLL_COUNT.EXTRACT(NULL)',
    'Function HLL_COUNT.EXTRACT is not supported by the local BigQuery at [1:8]',
  ],
  [
    "SELECT REGEXP_REPLACE('a', 'a', name) FROM d.t",
    'A replacement that is not a string literal in REGEXP_REPLACE is not supported by the local BigQuery at [1:8]',
  ],
  [
    'SELECT (1, 2) IN (SELECT AS STRUCT 1, 2)',
    'IN with STRUCT values from a query or an array is not supported by the local BigQuery at [1:8]',
  ],
  [
    "SELECT * FROM d.t PIVOT (ARRAY_AGG(id) FOR name IN ('a'))",
    'ARRAY_AGG in PIVOT is not supported by the local BigQuery at [1:26]',
  ],
  [
    'WITH RECURSIVE a AS (SELECT 1 AS x UNION DISTINCT SELECT x FROM a) SELECT * FROM a',
    'A recursion that is not base UNION ALL step is not supported by the local BigQuery at [1:16]',
  ],
  [
    'WITH b AS (WITH RECURSIVE a AS (SELECT 1 AS x UNION ALL SELECT x FROM a) SELECT x FROM a) SELECT x FROM b',
    'WITH RECURSIVE is only allowed at the top level of the SELECT, CREATE TABLE AS SELECT, CREATE VIEW, INSERT, EXPORT DATA statements. at [1:6]',
  ],
  [
    'SELECT * FROM d.t TABLESAMPLE SYSTEM (10 PERCENT)',
    'TABLESAMPLE of less than 100 PERCENT is not supported by the local BigQuery at [1:19]',
  ],
  [
    'SELECT * FROM (SELECT 1 AS x) FOR SYSTEM_TIME AS OF CURRENT_TIMESTAMP()',
    'FOR SYSTEM_TIME AS OF is allowed for tables only at [1:31]',
  ],
  [
    "CREATE TEMP FUNCTION f(x INT64) RETURNS INT64 LANGUAGE js AS 'return x'",
    'A JavaScript function is not supported by the local BigQuery at [1:47]',
  ],
  [
    'CREATE AGGREGATE FUNCTION d.f(x INT64, y INT64 NOT AGGREGATE) AS (SUM(x))',
    'A NOT AGGREGATE argument is not supported by the local BigQuery at [1:48]',
  ],
  [
    'CREATE EXTERNAL TABLE d.m WITH CONNECTION x OPTIONS (format = "CSV")',
    'CREATE EXTERNAL TABLE … WITH CONNECTION is not supported by the local BigQuery at [1:27]',
  ],
  ['#legacySQL\nSELECT 1', 'Legacy SQL is not supported by the local BigQuery'],
  [
    'SELECT * FROM [p:d.t]',
    'Legacy SQL ([project:dataset.table]) is not supported by the local BigQuery at [1:15]',
  ],
  ['SELECT CAST(NULL AS GEOGRAPHY)', 'Type GEOGRAPHY is not supported by the local BigQuery at [1:21]'],
  ['SELECT CAST(NULL AS BIGNUMERIC)', 'Type BIGNUMERIC is not supported by the local BigQuery at [1:21]'],
  [
    "SELECT CAST('a' AS STRING(10))",
    'A parameterized type (STRING(…)) outside a column list is not supported by the local BigQuery at [1:20]',
  ],
  ['FROM d.t |> CALL f()', 'The pipe operator CALL is not supported by the local BigQuery at [1:13]'],
  [
    'SELECT 1 AS a UNION ALL CORRESPONDING SELECT 2 AS a',
    'A set operation with CORRESPONDING is not supported by the local BigQuery at [1:25]',
  ],
  [
    'SELECT 1 AS a FULL UNION ALL CORRESPONDING BY (a) SELECT 2 AS a',
    'A set operation with CORRESPONDING is not supported by the local BigQuery at [1:30]',
  ],
  [
    'SELECT 1 AS a UNION ALL BY NAME ON (a) SELECT 2 AS a',
    'BY NAME ON (…) is not supported by the local BigQuery at [1:33]',
  ],
  ['CREATE TABLE d.x (a INTERVAL)', 'Type INTERVAL is not supported by the local BigQuery at [1:21]'],
  [
    'SELECT INTERVAL 1 DAY / 2 = INTERVAL 12 HOUR',
    'Division of an INTERVAL is not supported by the local BigQuery at [1:23]',
  ],
  [
    "SELECT TRANSLATE(b'a', b'a', b'b')",
    'Function TRANSLATE with argument types BYTES, BYTES, BYTES is not supported by the local BigQuery at [1:8]',
  ],
  [
    "SELECT REGEXP_CONTAINS(b'a', b'(?i)A')",
    'A regular expression on BYTES that knows letters is not supported by the local BigQuery at [1:8]',
  ],
  [
    "SELECT REGEXP_EXTRACT_ALL('a', name) FROM d.t",
    'Function REGEXP_EXTRACT_ALL with argument types STRING, STRING is not supported by the local BigQuery at [1:8]',
  ],
  ['FROM d.t |> AGGREGATE 1', 'A literal in AGGREGATE is not supported by the local BigQuery at [1:23]'],
  ["SELECT b'a' | b'b'", 'Operator | on BYTES is not supported by the local BigQuery at [1:13]'],
  ["SELECT b'a' << 2", 'Operator << on BYTES is not supported by the local BigQuery at [1:13]'],
  ["SELECT FORMAT('%t', NUMERIC '1')", 'FORMAT of NUMERIC is not supported by the local BigQuery at [1:8]'],
  [
    "EXPORT DATA WITH CONNECTION a.b.c OPTIONS (uri = 's3://b/*') AS SELECT 1",
    'EXPORT DATA WITH CONNECTION is not supported by the local BigQuery at [1:13]',
  ],
  ['SELECT @@project_id', 'System variable @@project_id is not supported by the local BigQuery at [1:8]'],
  [
    'SELECT SUM(DISTINCT x) OVER (ORDER BY x) FROM UNNEST([1]) x',
    'SUM(DISTINCT …) OVER (ORDER BY …) is not supported by the local BigQuery at [1:8]',
  ],
  [
    "SELECT FORMAT_DATE('%E', DATE '2020-01-01')",
    'Format element %E of FORMAT_DATE is not supported by the local BigQuery at [1:8]',
  ],
  [
    "SELECT REGEXP_EXTRACT('a', name) FROM d.t",
    'A regular expression that is not a string literal in this function is not supported by the local BigQuery at [1:8]',
  ],
  [
    "SELECT REGEXP_EXTRACT('b', '(a)?b')",
    'A regular expression whose group need not take part in a match is not supported by the local BigQuery at [1:8]',
  ],
  ["SELECT JSON_VALUE('{}', '$.a[*]')", 'JSONPath "$.a[*]" is not supported by the local BigQuery at [1:8]'],
  [
    'CREATE TABLE d.x (a INT64) PARTITION BY ABS(a)',
    'PARTITION BY ABS in this form is not supported by the local BigQuery at [1:41]',
  ],
  ["SELECT COLLATE('a', 'und:ci')", 'Function COLLATE is not supported by the local BigQuery at [1:8]'],
]

const wrong: readonly (readonly [string, string])[] = [
  ['SELECT nam FROM d.t', 'Unrecognized name: nam; Did you mean name? at [1:8]'],
  ['SELECT x.id FROM d.t', 'Unrecognized name: x.id at [1:8]'],
  ['SELECT t.idd FROM d.t', 'Name idd not found inside t at [1:8]'],
  ['SELECT id FROM d.t AS a JOIN d.t AS b ON a.id = b.id', 'Column name id is ambiguous at [1:8]'],
  [
    'SELECT id, id FROM d.t',
    'Duplicate column names in the result are not supported when a destination table is present. Found duplicate(s): id at [1:1]',
  ],
  [
    'SELECT id = name FROM d.t',
    'No matching signature for operator = for argument types: INT64, STRING at [1:11]',
  ],
  [
    'SELECT UPPER(id) FROM d.t',
    'No matching signature for function UPPER for argument types: INT64 at [1:8]',
  ],
  [
    "SELECT * FROM d.t WHERE day = '2020-13-01'",
    'Could not cast literal "2020-13-01" to type DATE at [1:29]',
  ],
  [
    'SELECT name, COUNT(*) FROM d.t',
    'SELECT list expression references column name which is neither grouped nor aggregated',
  ],
  [
    'SELECT COUNT(*) FROM d.t WHERE COUNT(*) > 1',
    'Aggregate function COUNT not allowed in WHERE clause at [1:32]',
  ],
  [
    'SELECT id FROM d.t WHERE ROW_NUMBER() OVER () = 1',
    'Analytic function not allowed in WHERE clause at [1:26]',
  ],
  ['SELECT id FROM d.t WHERE id', 'WHERE clause has type INT64 which cannot be coerced to BOOL at [1:26]'],
  ['SELECT 1\nFROM d.t\nWHERE', 'Syntax error: Unexpected end of script at [3:6]'],
  ["SELECT 'abc", 'Syntax error: Unclosed string literal at [1:8]'],
  ["SELECT '\\q'", 'Syntax error: Illegal escape sequence: \\q at [1:8]'],
  ['SELECT 9223372036854775808', 'Invalid integer literal: 9223372036854775808 at [1:8]'],
  [
    'SELECT 1 UNION SELECT 2',
    'Syntax error: Expected keyword ALL or keyword DISTINCT but got keyword SELECT at [1:16]',
  ],
  ["SELECT 1 UNION ALL SELECT 'a'", 'Column 1 in UNION ALL has incompatible types: INT64, STRING at [1:10]'],
  [
    'SELECT 1, 2 UNION ALL SELECT 1',
    'Queries in UNION ALL have mismatched column count; query 1 has 2 columns, query 2 has 1 column at [1:13]',
  ],
  ['DELETE FROM d.t', 'DELETE must have a WHERE clause at [1:16]'],
  ['UPDATE d.t SET id = 1', 'UPDATE must have a WHERE clause at [1:22]'],
  ['INSERT INTO d.t (id, nope) VALUES (1, 2)', 'Column nope is not present in table d.t at [1:1]'],
  [
    "INSERT INTO d.t (id) VALUES ('a')",
    'Value for column id has type STRING which cannot be coerced to INT64 at [1:30]',
  ],
  ['CREATE TABLE d.x AS SELECT 1', 'CREATE TABLE columns must be named, but column 1 has no name at [1:21]'],
  ['CREATE TABLE d.x PARTITION BY z AS SELECT 1 AS a', 'Unrecognized name: z at [1:31]'],
  ['SELECT 1; SELECT zzz', 'Unrecognized name: zzz at [1:18]'],
  ['SELECT RANK() OVER () FROM d.t', 'Window ORDER BY is required for analytic function RANK at [1:20]'],
  ['SELECT SUBSTR()', 'No matching signature for function SUBSTR with no arguments at [1:8]'],
  ['SET x = 1', 'Undeclared variable: x at [1:1]'],
  [
    "LOAD DATA OVERWRITE d.t PARTITIONS (day = '2020-01-01') FROM FILES (format = 'CSV', uris = ['gs://b/x'])",
    'LOAD DATA OVERWRITE cannot have a PARTITIONS clause; use LOAD DATA INTO … OVERWRITE PARTITIONS at [1:25]',
  ],
]

describe('refusals', () => {
  it.each([...unsupported, ...wrong])('%s', async (sql, message) => {
    const error = await refusalOf(sql)
    expect({ status: error.status, reason: error.reason, message: error.message }).toEqual({
      status: 400,
      reason: 'invalidQuery',
      message,
    })
  })

  it('survive hostile nesting', async () => {
    const error = await refusalOf(`SELECT ${'('.repeat(5000)}1${')'.repeat(5000)}`)
    expect(error.message).toMatch(/too complex/)
  })

  it('leave no quote of the input in DuckDB text', async () => {
    const name = `x"; DROP TABLE t; --`
    expect(
      (
        await warehouse.run(`SELECT 1 AS \`${name}\`, 'a''' || "b'; SELECT" AS s`.replace("'a'''", "'a\\''"))
      ).schema.map((column) => column.name),
    ).toEqual([name, 's'])
    expect((await warehouse.run("SELECT '\\'; DROP TABLE t1; --' AS s")).rows).toEqual([
      ["'; DROP TABLE t1; --"],
    ])
  })
})

describe('errors at run time', () => {
  it.each([
    ['SELECT 1 / x FROM UNNEST([0]) x', 'division by zero'],
    ['SELECT [1][OFFSET(1)]', 'Array index 1 is out of bounds'],
    ['SELECT 9223372036854775807 + x FROM UNNEST([1]) x', 'int64 overflow: 9223372036854775807 + 1'],
    ["SELECT CAST(x AS INT64) FROM UNNEST(['1.5']) x", 'Bad int64 value: 1.5'],
    ["SELECT CAST(x AS DATE) FROM UNNEST(['2020/01/01']) x", 'Invalid date: 2020/01/01'],
    ["SELECT CAST(x AS BOOL) FROM UNNEST(['t']) x", 'Bad bool value: t'],
    ["SELECT PARSE_DATE('%Y-%m-%d', x) FROM UNNEST(['x']) x", 'Failed to parse input string "x"'],
    ['SELECT (SELECT x FROM UNNEST([1, 2]) x)', 'Scalar subquery produced more than one element'],
    ["ASSERT 1 = 2 AS 'never'", 'Assertion failed: never'],
  ])('%s', async (sql, message) => {
    await expect(warehouse.run(sql)).rejects.toThrow(message)
  })
})
