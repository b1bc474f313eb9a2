/**
 * The strict reader of CREATE TABLE: the table a statement describes, and everything it refuses, at its
 * place.
 */
import { describe, expect, it } from '@jest/globals'
import { readStatement } from '../../../actions/apply-ddl/src/statement.ts'
import { thrownBy } from '../../support/thrown.ts'

const name = { projectId: 'my-project', datasetId: 'd', tableId: 't' }
const read = (sql: string) => readStatement(sql, name)
const column = (columnName: string, type: string, mode = 'NULLABLE', more: object = {}) => ({
  name: columnName,
  type,
  mode,
  ...more,
})

describe('readStatement', () => {
  it.each([
    ['r"C:\\new"', 'C:\\new'],
    ['"""two\nlines"""', 'two\nlines'],
    ["R'''it's \\d'''", "it's \\d"],
  ])('reads the string %s as it is written', (literal, description) => {
    expect(read(`CREATE TABLE d.t (a INT64) OPTIONS (description = ${literal})`).options).toEqual({
      description,
    })
  })

  it('reads columns, partitioning, clustering and options as the API spells them', () => {
    expect(
      read(`
      -- CREATE TABLE other.name (x INT64)
      create table if not exists \`d\`.t (
        day DATE NOT NULL OPTIONS (description = 'UTC "day"'), id INT64, /* a comment, */ amount NUMERIC, isSold BOOL, tags ARRAY<STRING>, place STRUCT<city STRING, points ARRAY<STRUCT<x FLOAT64>>>,
      ) PARTITION BY DAY CLUSTER BY id, ISSOLD
      OPTIONS (description = "It's \\"here\\"", friendly_name = '', labels = [('team', 'data'), ('x', '')], require_partition_filter = true, partition_expiration_days = 1.5);`),
    ).toEqual({
      columns: [
        column('day', 'DATE', 'REQUIRED', { description: 'UTC "day"' }),
        column('id', 'INTEGER'),
        column('amount', 'NUMERIC'),
        column('isSold', 'BOOLEAN'),
        column('tags', 'STRING', 'REPEATED'),
        column('place', 'RECORD', 'NULLABLE', {
          fields: [
            column('city', 'STRING'),
            column('points', 'RECORD', 'REPEATED', { fields: [column('x', 'FLOAT')] }),
          ],
        }),
      ],
      timePartitioning: { type: 'DAY', field: 'day' },
      clustering: ['id', 'isSold'],
      options: {
        description: 'It\'s "here"',
        friendlyName: '',
        labels: { team: 'data', x: '' },
        isFilterRequired: true,
        partitionExpirationMs: '129600000',
      },
      keys: { foreignKeys: [] },
      needs: [],
      renames: {},
      statement: expect.stringContaining('create table if not exists'),
    })
  })
  it('names nothing that the statement does not', () => {
    expect(read('CREATE TABLE d.t (a STRING)')).toEqual({
      columns: [column('a', 'STRING')],
      clustering: [],
      options: {},
      keys: { foreignKeys: [] },
      needs: [],
      renames: {},
      statement: 'CREATE TABLE d.t (a STRING)',
    })
  })
  it('reads what else BigQuery takes: escapes, NULL options, NOT in a default, names in other letters', () => {
    const sql =
      'CREATE TABLE d.t (`größe in m` INT64 DEFAULT NOT TRUE, b BOOL DEFAULT (1 IS NOT NULL) NOT NULL, c BOOL DEFAULT 1 NOT IN (2) NOT NULL) OPTIONS (description = "\\t\\x41\\u00e9\\101\\U0001F600", labels = NULL, friendly_name = NULL, expiration_timestamp = NULL, partition_expiration_days = NULL, require_partition_filter = NULL)'
    const { columns, options } = read(sql)
    expect(columns).toEqual([
      column('größe in m', 'INTEGER', 'NULLABLE', { defaultValueExpression: 'NOT TRUE' }),
      column('b', 'BOOLEAN', 'REQUIRED', { defaultValueExpression: '(1 IS NOT NULL)' }),
      column('c', 'BOOLEAN', 'REQUIRED', { defaultValueExpression: '1 NOT IN (2)' }),
    ])
    expect(options).toEqual({ description: '\tAéA😀' })
  })
  it.each<[string, string[]]>([
    ['CREATE TABLE d.t LIKE my-project.d.base', ['my-project.d.base']],
    ['CREATE TABLE d.t COPY `d.2024_base`', ['d.2024_base']],
    ['CREATE TABLE d.t CLONE d.2024_base FOR SYSTEM_TIME AS OF CURRENT_TIMESTAMP()', ['d.2024_base']],
    ['CREATE SNAPSHOT TABLE d.t CLONE d.base', ['d.base']],
    ['CREATE TABLE d.t (a INT64 REFERENCES d.base (id) NOT ENFORCED)', ['d.base']],
    ['CREATE EXTERNAL TABLE d.t OPTIONS (format = "CSV")', []],
  ])('knows what %s needs', (sql, needs) => {
    expect(read(sql).needs).toEqual(needs)
  })
  it.each([
    ['a', 'DAY'],
    ['DATE_TRUNC(a, MONTH)', 'MONTH'],
    ['DATE(b)', 'DAY'],
    ['TIMESTAMP_TRUNC(b, HOUR)', 'HOUR'],
    ['TIMESTAMP_TRUNC(b, YEAR)', 'YEAR'],
  ])('partitions by %s', (by, type) => {
    expect(read(`CREATE TABLE d.t (a DATE, b TIMESTAMP) PARTITION BY ${by}`).timePartitioning).toEqual({
      type,
      field: by.includes('b') ? 'b' : 'a',
    })
  })
  it.each([
    ['DROP TABLE d.t', 'DROP is not CREATE TABLE'],
    ['INSERT INTO d.t VALUES (1)', 'INSERT is not CREATE TABLE'],
    ['ALTER TABLE d.t ADD COLUMN a INT64', 'ALTER is not CREATE TABLE'],
    ['CREATE VIEW d.t AS SELECT 1', 'CREATE VIEW is not supported'],
    ['CREATE TEMP TABLE t (a INT64)', 'CREATE TEMP is not supported'],
    ['CREATE TABLE d.other (a INT64)', 'it names d.other, its path says d.t'],
    ['CREATE TABLE p.d.t (a INT64)', 'it names the project p, this run is for my-project'],
    ['CREATE TABLE d.t (a STRING(0))', 'STRING takes one length'],
    ['CREATE TABLE d.t (a INT64(3))', 'INTEGER takes no parameter'],
    ['CREATE TABLE d.t (a NUMERIC(50, 2))', 'NUMERIC cannot have these parameters'],
    ['CREATE TABLE d.t (a STRUCT<x INT64, X STRING>)', 'the column X stands there twice'],
    ['CREATE TABLE d.t (a STRUCT<x INT64 DEFAULT 1>)', 'DEFAULT inside a STRUCT'],
    ['CREATE TABLE d.t (a INT64 COLLATE "und:ci")', 'COLLATE is for STRING'],
    ['CREATE TABLE d.t (a STRING COLLATE "de")', 'the collation "de" is none'],
    ['CREATE TABLE d.t (a JSON PRIMARY KEY NOT ENFORCED)', 'a key cannot hold a, which is JSON'],
    ['CREATE TABLE d.t (a INT64 PRIMARY KEY)', 'expected NOT ENFORCED'],
    ['CREATE TABLE d.t (a INT64, PRIMARY KEY (b) NOT ENFORCED)', 'there is no column b'],
    ['CREATE TABLE d.t (a FLOAT64) CLUSTER BY a', 'does not cluster by FLOAT'],
    ['CREATE TABLE d.t (a JSON) CLUSTER BY a', 'does not cluster by JSON'],
    ['CREATE TABLE d.t (a ARRAY<INT64>) CLUSTER BY a', 'does not cluster by an ARRAY'],
    ['CREATE TABLE d.t (a STRING) PARTITION BY DATE(a)', 'not by STRING'],
    ['CREATE TABLE d.t (a STRING) PARTITION BY RANGE_BUCKET(a, GENERATE_ARRAY(0, 9, 1))', 'by INT64'],
    ['CREATE EXTERNAL TABLE d.t OPTIONS (format = "CSV"); SELECT 1', 'after the statement there is SELECT'],
    ['CREATE TABLE d.t AS SELECT 1 AS a', 'CREATE TABLE … AS is not supported'],
    ['CREATE TABLE d.t (a INT64) AS SELECT 1', 'CREATE TABLE … AS query is not supported'],
    ['CREATE TABLE d.t (a INT64); DROP TABLE d.t', 'after the statement there is DROP'],
    ['CREATE TABLE d.t ()', 'a table needs columns'],
    ['CREATE TABLE d.t (a INT64, A STRING)', 'the column A stands there twice'],
    ['CREATE TABLE d.t (a INTERVAL)', 'the type INTERVAL is not supported'],
    ['CREATE TABLE d.t (a constructor)', 'the type CONSTRUCTOR is not supported'],
    ['CREATE TABLE d.t (a ARRAY<INT64> NOT NULL)', 'an ARRAY cannot be NOT NULL'],
    ['CREATE TABLE d.t (a ARRAY<ARRAY<INT64>>)', 'no ARRAY of ARRAY'],
    ['CREATE TABLE d.t (a INT64 OPTIONS (x = 1))', 'the column option x is not supported'],
    ['CREATE TABLE d.t (a TIMESTAMP) PARTITION BY a', 'needs a DATE column'],
    [
      'CREATE TABLE d.t (a INT64) PARTITION BY RANGE_BUCKET(a, GENERATE_ARRAY(0, 20000, 1))',
      'at most 10,000',
    ],
    ['CREATE TABLE d.t (a DATE) PARTITION BY DATE_TRUNC(a, WEEK)', 'expected DAY, MONTH, YEAR, found WEEK'],
    ['CREATE TABLE d.t (a INT64) CLUSTER BY b', 'there is no column b'],
    [
      'CREATE TABLE d.t (a INT64) OPTIONS (expiration_timestamp = TIMESTAMP "2030-01-01")',
      'a table that deletes itself',
    ],
    [
      'CREATE TABLE d.t (a INT64) OPTIONS (kms_key_name = "k")',
      'the table option kms_key_name is not supported',
    ],
    [
      'CREATE TABLE d.t (a INT64) OPTIONS (description = "a", description = "b")',
      'the option description stands there twice',
    ],
    ['CREATE TABLE d.t (a INT64) OPTIONS (labels = [("Team", "x")])', 'the label "Team": "x" is none'],
    ['CREATE TABLE d.t (a INT64) OPTIONS (partition_expiration_days = 3)', 'needs PARTITION BY'],
    ['CREATE TABLE d.t (a INT64) OPTIONS (require_partition_filter = TRUE)', 'needs PARTITION BY'],
    ['CREATE TABLE d.t (`a;b` INT64)', '"a;b" is not a name that BigQuery takes'],
    ['CREATE TABLE d.t (a-b INT64)', '"a-b" is not a plain name'],
    ['CREATE TABLE d.t (a INT64) OPTIONS (description = "\\q")', '\\q is no escape'],
    ['CREATE TABLE d.t (a INT64) OPTIONS (labels = [("managed-by", "x")])', 'belongs to this action'],
    ['CREATE TABLE d.t (a INT64) OPTIONS (labels = [("clickstream-owner", "x")])', 'belongs to this action'],
    ['CREATE TABLE d.t (a INT64) OPTIONS (labels = [("clickstream-shape", "x")])', 'belongs to this action'],
    ['CREATE TABLE d.t CLONE d.b OPTIONS (labels = [("clickstream-owner", "x")])', 'belongs to this action'],
    ['CREATE TABLE d.t (a INT64', 'expected ), found the end'],
  ])('refuses %s', (sql, words) => {
    expect(thrownBy(() => read(sql))).toMatchObject({
      name: 'Error',
      message: expect.stringContaining(words),
    })
  })
  it('says the place', () => {
    expect(thrownBy(() => read('CREATE TABLE d.t (\n  a INT64,\n  b STRONG\n)'))).toMatchObject({
      line: 3,
      column: 5,
    })
  })
})
