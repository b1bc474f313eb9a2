/** CREATE TABLE texts in the manner of public repositories: each is read whole and planned as a create. */
import { describe, expect, it } from '@jest/globals'
import { planTables } from '../../../actions/apply-ddl/src/plan.ts'
import { shapeOf } from '../../../actions/apply-ddl/src/shape.ts'
import { readStatement } from '../../../actions/apply-ddl/src/statement.ts'

const name = { projectId: 'my-project', datasetId: 'sales', tableId: 'orders' }
const inputs = {
  location: 'EU',
  owner: 'o',
  isAdopting: false,
  isBreakingAllowed: false,
  isDestructiveAllowed: false,
}
const NONE = ['PARTITION BY nothing', 'CLUSTER BY nothing']

/** Text → its shape, and what else is read. */
const TABLES: readonly (readonly [string, readonly string[], object?])[] = [
  ['CREATE OR REPLACE TABLE `my-project.sales.orders` (id INT64);', ['id INT64', ...NONE]],
  [
    'CREATE OR REPLACE TABLE my-project.sales.orders (id INTEGER, n BIGINT)',
    ['id INT64', 'n INT64', ...NONE],
  ],
  [
    'CREATE TABLE IF NOT EXISTS `my-project`.`sales`.`orders`\n(\n  id STRING(36) NOT NULL,\n  total NUMERIC(12, 2),\n  raw BYTES(1024),\n  fx BIGDECIMAL(50, 20)\n);',
    ['id STRING(36) NOT NULL', 'total NUMERIC(12, 2)', 'raw BYTES(1024)', 'fx BIGNUMERIC(50, 20)', ...NONE],
  ],
  [
    '# Licensed to nobody; CREATE TABLE x (y INT64)\ncreate table sales.orders (id int64 options(description="a; b -- c"), -- the key\n ts timestamp default current_timestamp() not null options(description=\'when\'))',
    ['id INT64', 'ts TIMESTAMP NOT NULL', ...NONE],
    { columns: [{ description: 'a; b -- c' }, { defaultValueExpression: 'current_timestamp()' }] },
  ],
  [
    'CREATE TABLE sales.orders (id STRING DEFAULT GENERATE_UUID(), tags ARRAY<STRING> DEFAULT ["a", "b"], at DATETIME DEFAULT DATETIME(CURRENT_TIMESTAMP(), "UTC"), ok BOOL DEFAULT FALSE)',
    ['id STRING', 'tags ARRAY<STRING>', 'at DATETIME', 'ok BOOL', ...NONE],
    {
      columns: [
        { defaultValueExpression: 'GENERATE_UUID()' },
        { defaultValueExpression: '["a", "b"]' },
        {},
        {},
      ],
    },
  ],
  [
    'CREATE TABLE sales.orders (id INT64 NOT NULL, customer INT64, PRIMARY KEY (id) NOT ENFORCED, CONSTRAINT fk FOREIGN KEY (customer) REFERENCES sales.customers (id) NOT ENFORCED)',
    ['id INT64 NOT NULL', 'customer INT64', ...NONE],
    {
      keys: {
        primaryKey: ['id'],
        foreignKeys: [{ name: 'fk', table: 'sales.customers', columns: ['customer'], referenced: ['id'] }],
      },
    },
  ],
  [
    'CREATE TABLE sales.orders (id STRING NOT NULL PRIMARY KEY NOT ENFORCED, c INT64 REFERENCES `my-project.sales.customers`(id) NOT ENFORCED OPTIONS (description = "who"))',
    ['id STRING NOT NULL', 'c INT64', ...NONE],
    { keys: { primaryKey: ['id'], foreignKeys: [{ table: 'my-project.sales.customers' }] } },
  ],
  [
    'CREATE TABLE sales.orders (id INT64) PARTITION BY _PARTITIONDATE OPTIONS (partition_expiration_days = 7)',
    ['id INT64', 'PARTITION BY DAY of ingestion time', 'CLUSTER BY nothing'],
    { options: { partitionExpirationMs: '604800000' } },
  ],
  [
    'CREATE TABLE sales.orders (id INT64) PARTITION BY TIMESTAMP_TRUNC(_PARTITIONTIME, HOUR)',
    ['id INT64', 'PARTITION BY HOUR of ingestion time', 'CLUSTER BY nothing'],
  ],
  [
    'CREATE TABLE sales.orders (id INT64) PARTITION BY DATE(_PARTITIONTIME) CLUSTER BY id',
    ['id INT64', 'PARTITION BY DAY of ingestion time', 'CLUSTER BY id'],
  ],
  [
    'CREATE TABLE sales.orders (id INT64, n INT64) PARTITION BY RANGE_BUCKET(id, GENERATE_ARRAY(0, 4000000000, 1000000))',
    ['id INT64', 'n INT64', 'PARTITION BY ranges of id (0 to 4000000000 by 1000000)', 'CLUSTER BY nothing'],
  ],
  [
    'CREATE TABLE sales.orders (temp INT64) PARTITION BY RANGE_BUCKET(temp, GENERATE_ARRAY(-50, 50))',
    ['temp INT64', 'PARTITION BY ranges of temp (-50 to 50 by 1)', 'CLUSTER BY nothing'],
  ],
  [
    'CREATE TABLE sales.orders (ts TIMESTAMP) PARTITION BY TIMESTAMP_TRUNC(ts, HOUR) CLUSTER BY `ts`',
    ['ts TIMESTAMP', 'PARTITION BY HOUR of ts', 'CLUSTER BY ts'],
  ],
  [
    'CREATE TABLE sales.orders (dt DATETIME, Country STRING) PARTITION BY DATETIME_TRUNC(dt, MONTH) CLUSTER BY country',
    ['dt DATETIME', 'Country STRING', 'PARTITION BY MONTH of dt', 'CLUSTER BY Country'],
  ],
  [
    'CREATE TABLE sales.orders (d DATE) PARTITION BY DATE_TRUNC(d, YEAR) OPTIONS (require_partition_filter = TRUE)',
    ['d DATE', 'PARTITION BY YEAR of d', 'CLUSTER BY nothing'],
    { options: { isFilterRequired: true } },
  ],
  [
    'CREATE TABLE sales.orders (event STRUCT<name STRING NOT NULL OPTIONS (description = "n"), at TIMESTAMP NOT NULL>, items ARRAY<STRUCT<sku STRING(20), qty INT64 NOT NULL>>)',
    [
      'event STRUCT',
      'event.name STRING NOT NULL',
      'event.at TIMESTAMP NOT NULL',
      'items ARRAY<STRUCT>',
      'items.sku STRING(20)',
      'items.qty INT64 NOT NULL',
      ...NONE,
    ],
  ],
  [
    "CREATE TABLE sales.orders (name STRING COLLATE 'und:ci' NOT NULL, note STRING) DEFAULT COLLATE 'und:ci' OPTIONS (description = '''two\nlines''')",
    ['name STRING NOT NULL', 'note STRING', ...NONE],
    { defaultCollation: 'und:ci', columns: [{ collation: 'und:ci' }, {}] },
  ],
  [
    'CREATE TABLE sales.orders (\n  -- renamed from: customer_id\n  customer INT64,\n  total NUMERIC, -- renamed from: amount\n)',
    ['customer INT64', 'total NUMERIC', ...NONE],
    { renames: { customer: 'customer_id', total: 'amount' } },
  ],
  [
    'CREATE TABLE sales.orders (geo GEOGRAPHY, doc JSON, t TIME, select_ STRING, `order` INT64) CLUSTER BY geo OPTIONS (labels = [STRUCT("team", "data"), ("env", "prod")])',
    [
      'geo GEOGRAPHY',
      'doc JSON',
      't TIME',
      'select_ STRING',
      'order INT64',
      'PARTITION BY nothing',
      'CLUSTER BY geo',
    ],
    { options: { labels: { team: 'data', env: 'prod' } } },
  ],
  [
    "/* fed by Dataflow */ CREATE OR REPLACE EXTERNAL TABLE sales.orders (id INT64) WITH PARTITION COLUMNS OPTIONS (format = 'PARQUET', uris = ['gs://b/o/*.parquet'], hive_partition_uri_prefix = 'gs://b/o')",
    NONE,
    { once: 'EXTERNAL' },
  ],
  [
    'CREATE SNAPSHOT TABLE IF NOT EXISTS sales.orders CLONE sales.live FOR SYSTEM_TIME AS OF TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 1 HOUR)',
    NONE,
    { once: 'SNAPSHOT' },
  ],
  ['CREATE TABLE sales.orders LIKE sales.template;', NONE, { once: 'LIKE' }],
  ['CREATE TABLE sales.orders COPY `other-project.sales.orders`', NONE, { once: 'COPY' }],
  ['CREATE OR REPLACE TABLE sales.orders CLONE sales.live;', NONE, { once: 'CLONE' }],
]

describe('public tables', () => {
  it.each(TABLES)('%s', (sql, shape, more = {}) => {
    const desired = readStatement(sql, name)
    expect(shapeOf(desired).split('\n')).toEqual(shape)
    expect(desired).toMatchObject(more)
    const observed = {
      projectId: name.projectId,
      datasets: [],
      tables: [{ name, sql, file: 'f.sql', desired }],
    }
    const [step] = planTables(inputs, observed).steps
    expect(step).toMatchObject({ kind: 'create', target: 'sales.orders', after: sql })
    // What is run never replaces, and is the file's text otherwise.
    const statement = (step as { statement: string }).statement
    expect(statement).toHaveLength(sql.length)
    expect(statement.replace(/\s+/g, ' ')).toBe(
      sql.replace(/(CREATE) OR REPLACE/i, '$1').replace(/\s+/g, ' '),
    )
  })
})
