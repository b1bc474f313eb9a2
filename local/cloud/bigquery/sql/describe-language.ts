/**
 * Writes docs/bigquery-language.md from the function table and the grammar's lists: run with `--write`, or
 * ask `describeLanguage()`. It says nothing that the tests do not run.
 */
import { writeFileSync } from 'node:fs'
import { functionRows } from './functions/table.ts'
import type { FunctionRow } from './functions/row.ts'

const statements: readonly (readonly [string, string])[] = [
  [
    'SELECT',
    'WITH; WITH RECURSIVE as base UNION ALL step; wildcard tables (`events_*`) with _TABLE_SUFFIX; UNION ALL and UNION, INTERSECT, EXCEPT DISTINCT, BY NAME, also FULL, LEFT and INNER UNION … BY NAME; DISTINCT; AS STRUCT, AS VALUE; `*` with EXCEPT and REPLACE; joins (INNER, LEFT, RIGHT, FULL, CROSS, comma) with ON and USING; UNNEST, array paths, WITH OFFSET; PIVOT and UNPIVOT; WHERE; GROUP BY expressions, positions, aliases, ALL, ROLLUP, CUBE, GROUPING SETS; HAVING; QUALIFY; WINDOW; ORDER BY with NULLS FIRST and LAST; LIMIT and OFFSET with a literal or parameter',
  ],
  [
    'Pipe syntax',
    '`FROM t` or any query, then `|>` SELECT, EXTEND, SET, DROP, RENAME, DISTINCT, AS, PIVOT, UNPIVOT, WHERE, AGGREGATE … GROUP BY, ORDER BY, LIMIT, joins, set operations',
  ],
  ['INSERT', 'VALUES or a query, with or without a column list'],
  [
    'UPDATE, DELETE',
    'WHERE is required; UPDATE … FROM fails when two source rows match one target row; `SET s.field = …` fails where the STRUCT is NULL',
  ],
  [
    'MERGE',
    'all WHEN clauses with conditions; every clause sees the target as it was; `ON FALSE` as dbt writes it',
  ],
  ['TRUNCATE TABLE', ''],
  [
    'CREATE TABLE',
    'OR REPLACE, IF NOT EXISTS, columns (NOT NULL and OPTIONS(description) at every level, STRING(n), BYTES(n), NUMERIC(p, s), DEFAULT a literal or CURRENT_TIMESTAMP and the like), PRIMARY and FOREIGN KEY … NOT ENFORCED, PARTITION BY a column, DATE(), DATE_TRUNC, DATETIME_TRUNC, TIMESTAMP_TRUNC (hour, day, month, year), RANGE_BUCKET, _PARTITIONDATE, CLUSTER BY, OPTIONS, AS query',
  ],
  ['CREATE TABLE … LIKE, COPY, CLONE; CREATE SNAPSHOT TABLE', 'OR REPLACE, IF NOT EXISTS, OPTIONS'],
  ['CREATE TEMP TABLE', 'in scripts and sessions'],
  [
    'CREATE EXTERNAL TABLE',
    'over gs:// files in CSV, JSON lines or Parquet: OR REPLACE, IF NOT EXISTS, columns, WITH PARTITION COLUMNS, OPTIONS of LOAD DATA; its files are read with the rights of who queries',
  ],
  ['CREATE VIEW', 'OR REPLACE, IF NOT EXISTS, column list with descriptions, OPTIONS'],
  ['CREATE MATERIALIZED VIEW', 'the same, PARTITION BY, CLUSTER BY; its rows are computed at each read'],
  [
    'CREATE FUNCTION, CREATE TEMP FUNCTION, CREATE TABLE FUNCTION, CREATE AGGREGATE FUNCTION',
    'in SQL: OR REPLACE, IF NOT EXISTS, ANY TYPE, RETURNS, OPTIONS(description)',
  ],
  [
    'CREATE PROCEDURE, CALL',
    'in SQL: OR REPLACE, IF NOT EXISTS, arguments IN, OUT and INOUT, OPTIONS(description, strict_mode); BQ.REFRESH_MATERIALIZED_VIEW',
  ],
  ['CREATE SCHEMA, ALTER SCHEMA, DROP SCHEMA', 'IF (NOT) EXISTS, OPTIONS, CASCADE'],
  [
    'DROP of tables, external tables, views, materialized views, snapshots, functions, procedures',
    'IF EXISTS',
  ],
  [
    'ALTER TABLE, ALTER VIEW, ALTER MATERIALIZED VIEW',
    'SET OPTIONS, ADD COLUMN, DROP COLUMN, RENAME COLUMN, RENAME TO, ALTER COLUMN … SET OPTIONS, SET DATA TYPE, SET DEFAULT, DROP DEFAULT, DROP NOT NULL, ADD and DROP of keys that are NOT ENFORCED',
  ],
  [
    'GRANT, REVOKE',
    'roles ON SCHEMA, TABLE, VIEW, MATERIALIZED VIEW, EXTERNAL TABLE; people and groups are taken at their word, service accounts of the project must exist',
  ],
  [
    'LOAD DATA',
    'INTO or OVERWRITE, columns, (OVERWRITE) PARTITIONS, PARTITION BY, CLUSTER BY, OPTIONS, FROM FILES, WITH PARTITION COLUMNS',
  ],
  [
    'EXPORT DATA',
    'OPTIONS uri (gs:// with one `*`), format CSV, JSON or PARQUET, compression, header, field_delimiter, overwrite; one file, whatever its size',
  ],
  ['ASSERT', 'with or without AS message'],
  [
    'Scripts',
    'several statements; DECLARE and SET, also of a list of variables from `SELECT AS STRUCT`; BEGIN … END with EXCEPTION, IF, CASE, LOOP, WHILE, REPEAT, FOR … IN, LEAVE, ITERATE, RETURN, RAISE, EXECUTE IMMEDIATE with USING and INTO, `@@row_count`, `@@error.message`',
  ],
  [
    'BEGIN, COMMIT, ROLLBACK TRANSACTION',
    'in scripts: queries, changes of rows, temporary tables; after an error in it no table is read before its ROLLBACK',
  ],
]

const refused = [
  'recursion of another shape than base UNION ALL step, ORDER BY or LIMIT in it',
  'TABLESAMPLE of less than 100 PERCENT (BigQuery takes whole blocks: other rows), FOR SYSTEM_TIME AS OF a moment before the last change of the table',
  'the pipe operators CALL, WITH, ASSERT, WINDOW, TABLESAMPLE; set operations with CORRESPONDING or BY NAME ON',
  'functions in JavaScript or Python, remote functions, NOT AGGREGATE arguments, defaults of arguments, tables as arguments; procedures in other languages, other procedures of BigQuery',
  'variables of a session, a transaction that goes on after its query, EXPORT DATA to anything but gs:// or as AVRO, exports of NUMERIC as JSON and of JSON, GRANT on routines, external tables over other sources than gs://',
  'BIGNUMERIC, GEOGRAPHY, RANGE, columns and declared variables of type INTERVAL and its division, parameterised types outside column lists, COLLATE',
  'bit operators on BYTES, regular expressions on BYTES that know letters, named arguments outside JSON functions, HLL_COUNT and KLL_QUANTILES sketches, ST_ functions, RESPECT NULLS of percentiles, TRUNC of FLOAT64 to digits, ASCII of other characters',
  'NaN under RANGE with an offset, NUMERIC beyond 64 bits in JSON values',
  'functions that would answer a NUMERIC in FLOAT64, ROUND of NUMERIC with digits that are no literal',
  'JSON elements by anything but a literal, REGEXP_INSTR with a group or of a later occurrence',
  'IN with STRUCT values from a query, CASE and NULLIF on STRUCT',
  'REGEXP_REPLACE with a replacement that is no literal',
  'legacy SQL',
]

const differences = [
  'NUMERIC(p, s) inside STRUCT or ARRAY: what would have to be rounded is refused.',
  'Products and quotients of NUMERIC beyond about 10^20 overflow, where BigQuery answers.',
  'JSON text that is cut off has no members: NULL; BigQuery reads as far as it must.',
  'A member of JSON below 10^-4 prints as `1e-7` (BigQuery: `1e-07`).',
  'APPROX_COUNT_DISTINCT, APPROX_QUANTILES and APPROX_TOP_COUNT are exact.',
  'AVG and variances may differ in the last digits.',
]

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')
const usage = (row: FunctionRow): string =>
  row.usage ??
  row.signatures
    .map(
      (signature) =>
        `${row.name}(${signature.text.split('->')[0]!.trim()}) → ${signature.text.split('->')[1]!.trim()}`,
    )
    .join('; ')

export function describeLanguage(): string {
  const families = [...new Set(functionRows.map((row) => row.family))]
  return [
    '# GoogleSQL of the local BigQuery',
    '',
    '*For authors of SQL. After it you know which statements and functions run here, and which are refused by name.*',
    '',
    'Generated from the table the compiler uses; do not edit. The language is an allow-list: what is not here is refused by name with a 400, never passed on in the hope that it means the same.',
    '',
    `${functionRows.length} functions, each with at least one example of Google's documentation that the tests run.`,
    '',
    '## Statements',
    '',
    '| statement | supported |',
    '|---|---|',
    ...statements.map(([name, text]) => `| ${name} | ${cell(text)} |`),
    '',
    '## Operators and expressions',
    '',
    '`+ - * / || & | ^ ~ << >>`, comparisons, `IS [NOT] NULL, TRUE, FALSE`, `IS [NOT] DISTINCT FROM`, `[NOT] BETWEEN`, `[NOT] LIKE`, `[NOT] LIKE ANY`, `[NOT] LIKE ALL`, `[NOT] IN` (list, query, UNNEST), AND, OR, NOT, CASE, CAST, SAFE_CAST, EXTRACT, EXISTS, scalar and ARRAY subqueries, ARRAY and STRUCT constructors, field and element access (OFFSET, ORDINAL, SAFE_OFFSET, SAFE_ORDINAL), the SAFE. prefix, named and positional parameters, script variables. Literals: integers (also hexadecimal), floats, strings and bytes (raw, triple-quoted), DATE, DATETIME, TIME, TIMESTAMP, NUMERIC, JSON, INTERVAL.',
    '',
    'Types: INT64, FLOAT64, NUMERIC, BOOL, STRING, BYTES, DATE, DATETIME, TIME, TIMESTAMP, INTERVAL, JSON, ARRAY, STRUCT.',
    '',
    '## Not supported',
    '',
    ...refused.map((line) => `- ${line}`),
    '',
    '## Known differences',
    '',
    ...differences.map((line) => `- ${line}`),
    '',
    '## Functions',
    '',
    ...families.flatMap((family) => [
      `### ${family}`,
      '',
      '| function | forms | in DuckDB |',
      '|---|---|---|',
      ...functionRows
        .filter((row) => row.family === family)
        .map((row) => `| ${row.name} | ${cell(usage(row))} | ${row.kind} |`),
      '',
    ]),
  ].join('\n')
}

if (process.argv[1] === import.meta.filename && process.argv.includes('--write'))
  writeFileSync(new URL('../../../../docs/bigquery-language.md', import.meta.url), describeLanguage())
