/**
 * DDL, DML, MERGE, LOAD DATA and scripts, run on real tables; every statement dbt emits is here in the form
 * it emits it.
 */
import { beforeEach, afterEach, describe, expect, it } from '@jest/globals'
import { field, openWarehouse, type Warehouse } from './warehouse.ts'

let warehouse: Warehouse
beforeEach(async () => {
  warehouse = await openWarehouse()
  await warehouse.run(
    "CREATE OR REPLACE TABLE `p`.`d`.`t` PARTITION BY day CLUSTER BY id OPTIONS (expiration_timestamp=TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 12 hour), labels=[('a', 'b')]) AS (SELECT 1 AS id, DATE '2020-01-01' AS day, 1.5 AS x UNION ALL SELECT 2, '2020-01-02', 2)".replace(
      "2, '2020-01-02', 2",
      "2, DATE '2020-01-02', 2",
    ),
  )
})
afterEach(() => warehouse.close())

const rows = async (): Promise<unknown[][]> =>
  (await warehouse.run('SELECT * FROM d.t ORDER BY id, day')).rows

describe('DML', () => {
  it('inserts values and queries, coercing to the columns', async () => {
    expect(
      (await warehouse.run("INSERT INTO d.t (id, day, x) VALUES (3, '2020-01-03', 7), (4, NULL, NULL)"))
        .counts,
    ).toEqual([2])
    await warehouse.run('INSERT d.t (id, x) (SELECT id + 10, id FROM d.t WHERE id = 1)')
    expect(await rows()).toEqual([
      [1, '2020-01-01', 1.5],
      [2, '2020-01-02', 2],
      [3, '2020-01-03', 7],
      [4, null, null],
      [11, null, 1],
    ])
  })

  it('updates, joins in FROM, deletes, truncates', async () => {
    await warehouse.run('UPDATE d.t SET x = x * 2 WHERE id = 1')
    await warehouse.run(
      "UPDATE d.t AS a SET x = s.v, day = '2021-01-01' FROM (SELECT 2 AS id, 9 AS v) AS s WHERE a.id = s.id",
    )
    expect(await rows()).toEqual([
      [1, '2020-01-01', 3],
      [2, '2021-01-01', 9],
    ])
    expect((await warehouse.run("DELETE FROM d.t WHERE day < '2021-01-01'")).counts).toEqual([1])
    expect((await warehouse.run('TRUNCATE TABLE d.t')).counts).toEqual([1])
    expect(await rows()).toEqual([])
  })

  it('sets fields of a STRUCT, also in UPDATE … FROM and MERGE', async () => {
    await warehouse.run(
      "CREATE TABLE d.nested AS SELECT 1 AS id, STRUCT(1 AS a, STRUCT('x' AS c) AS b, [1, 2] AS l) AS s UNION ALL SELECT 2, NULL",
    )
    const first = async () => (await warehouse.run('SELECT s FROM d.nested WHERE id = 1')).rows[0]![0]
    await warehouse.run("UPDATE d.nested SET s.a = s.a + 1, s.b.c = 'y' WHERE id = 1")
    expect(await first()).toEqual({ a: 2, b: { c: 'y' }, l: [1, 2] })
    await warehouse.run('UPDATE d.nested AS t SET t.s.l = [9] FROM (SELECT 1 AS id) AS u WHERE t.id = u.id')
    await warehouse.run(
      'MERGE d.nested AS t USING (SELECT 1 AS id) AS u ON t.id = u.id WHEN MATCHED THEN UPDATE SET s.a = 70',
    )
    expect(await first()).toEqual({ a: 70, b: { c: 'y' }, l: [9] })
    for (const [set, words] of [
      ['s.a = 1', 'Cannot set field of NULL STRUCT'],
      ['s.a = 1, s.a = 2', 'Update item s.a assigned more than once'],
      ['s = NULL, s.a = 2', 'Update item s assigned more than once'],
      ['s.z = 1', 'Field name z does not exist in STRUCT<a INT64'],
      ['id.z = 1', 'Cannot access field z on a value with type INT64'],
      ["s.a = 'x'", 'Value for column s.a has type STRING'],
      ['s.a = DEFAULT', 'DEFAULT for a STRUCT field is not supported'],
    ] as const)
      await expect(warehouse.run(`UPDATE d.nested SET ${set} WHERE TRUE`)).rejects.toThrow(words)
  })

  it('refuses two source rows for one target row before anything is written', async () => {
    const message = 'UPDATE/MERGE must match at most one source row for each target row'
    await expect(
      warehouse.run(
        'UPDATE d.t AS a SET x = s.v FROM (SELECT 1 AS id, 8 AS v UNION ALL SELECT 1, 9) AS s WHERE a.id = s.id',
      ),
    ).rejects.toThrow(message)
    await expect(
      warehouse.run(
        'MERGE d.t AS a USING (SELECT 1 AS id UNION ALL SELECT 1) AS s ON a.id = s.id WHEN MATCHED THEN DELETE',
      ),
    ).rejects.toThrow(message)
    expect(await rows()).toEqual([
      [1, '2020-01-01', 1.5],
      [2, '2020-01-02', 2],
    ])
  })

  it('asks the catalog for the target as something written', async () => {
    await warehouse.run('DELETE FROM d.t WHERE id IN (SELECT id FROM d.t)')
    expect(warehouse.asked.map(({ purpose }) => purpose)).toEqual(['write', 'read'])
  })
})

describe('MERGE', () => {
  it('updates matches and inserts the rest, as dbt merges on a key', async () => {
    const { counts } = await warehouse.run(
      "merge into `p`.`d`.`t` as DBT_INTERNAL_DEST using (select 1 as id, date '2022-01-01' as day, 7 as x union all select 9, null, 9) as DBT_INTERNAL_SOURCE on ((DBT_INTERNAL_SOURCE.id = DBT_INTERNAL_DEST.id)) when matched then update set `id` = DBT_INTERNAL_SOURCE.`id`,`day` = DBT_INTERNAL_SOURCE.`day`, `x` = DBT_INTERNAL_SOURCE.`x` when not matched then insert (`id`, `day`, `x`) values (`id`, `day`, `x`)",
    )
    expect(counts).toEqual([1, 1])
    expect(await rows()).toEqual([
      [1, '2022-01-01', 7],
      [2, '2020-01-02', 2],
      [9, null, 9],
    ])
  })

  it('takes the first clause that applies, and sees the target as it was', async () => {
    await warehouse.run('INSERT d.t (id, x) VALUES (3, 3), (4, 4)')
    await warehouse.run(
      "MERGE d.t AS a USING (SELECT 1 AS id, 'u' AS k UNION ALL SELECT 2, 'd' UNION ALL SELECT 50, 'n' UNION ALL SELECT 51, 'x') AS s ON a.id = s.id WHEN MATCHED AND s.k = 'd' THEN DELETE WHEN MATCHED THEN UPDATE SET x = -1 WHEN NOT MATCHED AND s.k = 'n' THEN INSERT (id) VALUES (id) WHEN NOT MATCHED BY SOURCE AND a.id = 3 THEN UPDATE SET x = x + 100 WHEN NOT MATCHED BY SOURCE THEN DELETE",
    )
    expect(await rows()).toEqual([
      [1, '2020-01-01', -1],
      [3, null, 103],
      [50, null, null],
    ])
  })

  it('replaces static partitions ON FALSE', async () => {
    await warehouse.run(
      "merge into d.t as DBT_INTERNAL_DEST using (select 33 as id, date '2020-01-01' as day, 0.5 as x) as DBT_INTERNAL_SOURCE on FALSE when not matched by source and DBT_INTERNAL_DEST.day in (date '2020-01-01', date_sub(date '2020-01-04', interval 1 day)) then delete when not matched then insert (`id`, `day`, `x`) values (`id`, `day`, `x`)",
    )
    expect(await rows()).toEqual([
      [2, '2020-01-02', 2],
      [33, '2020-01-01', 0.5],
    ])
  })

  it('runs the script of a dynamic insert_overwrite', async () => {
    await warehouse.run(
      `/* {"app": "dbt", "node_id": "model.x"} */
      -- generated script to merge partitions
      declare dbt_partitions_for_replacement array<date>;
      create or replace table d.tmp partition by day as (select 22 as id, date '2020-01-02' as day, 0.5 as x union all select 23, null, 1);
      set (dbt_partitions_for_replacement) = (
          select as struct
              -- IGNORE NULLS: this needs to be aligned to _dbt_max_partition, which ignores null
              array_agg(distinct date(day) IGNORE NULLS)
          from d.tmp
      );
      merge into d.t as DBT_INTERNAL_DEST using (select * from d.tmp) as DBT_INTERNAL_SOURCE on FALSE
      when not matched by source and date(DBT_INTERNAL_DEST.day) in unnest(dbt_partitions_for_replacement) then delete
      when not matched then insert (\`id\`, \`day\`, \`x\`) values (\`id\`, \`day\`, \`x\`)
      ;`
        .replace('date(day)', 'day')
        .replace('date(DBT_INTERNAL_DEST.day)', 'DBT_INTERNAL_DEST.day'),
    )
    expect(await rows()).toEqual([
      [1, '2020-01-01', 1.5],
      [22, '2020-01-02', 0.5],
      [23, null, 1],
    ])
  })
})

describe('DDL', () => {
  it('hands over header, options and columns', async () => {
    const statement = await warehouse.compile(
      "CREATE TABLE IF NOT EXISTS d.n (a INT64 NOT NULL OPTIONS (description='the a'), b ARRAY<STRING>, c STRUCT<x INT64, y ARRAY<DATE>>, ts TIMESTAMP) PARTITION BY TIMESTAMP_TRUNC(ts, HOUR) CLUSTER BY a, ts OPTIONS (description = 'n', require_partition_filter = TRUE, expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 12 HOUR), labels = [('k', 'v')])",
    )
    expect(statement).toMatchObject({
      type: 'CREATE_TABLE',
      target: ['d', 'n'],
      duckdb: [],
      header: {
        orReplace: false,
        ifNotExists: true,
        partitionBy: { field: 'ts', type: 'HOUR' },
        clusterBy: ['a', 'ts'],
        columns: [
          { name: 'a', type: 'INTEGER', mode: 'REQUIRED', description: 'the a' },
          { name: 'b', type: 'STRING', mode: 'REPEATED' },
          {
            name: 'c',
            type: 'RECORD',
            fields: [
              { name: 'x', type: 'INTEGER' },
              { name: 'y', type: 'DATE', mode: 'REPEATED' },
            ],
          },
          { name: 'ts', type: 'TIMESTAMP' },
        ],
        options: {
          description: 'n',
          require_partition_filter: true,
          expiration_timestamp: '2015-05-08T00:00:00.123Z',
          labels: [['k', 'v']],
        },
      },
    })
  })

  it('keeps the text of a view and reads through it', async () => {
    const statement = await warehouse.compile(
      'create or replace view `p`.`d`.`v` OPTIONS(description="""a "view" """) as select id, x * 2 as y from d.t -- end\n;',
    )
    expect(statement).toMatchObject({
      type: 'CREATE_VIEW',
      viewQuery: 'select id, x * 2 as y from d.t',
      header: { orReplace: true, options: { description: 'a "view" ' } },
      schema: [
        { name: 'id', type: 'INTEGER' },
        { name: 'y', type: 'FLOAT' },
      ],
    })
    await warehouse.view('d.v', 'SELECT id, x * 2 AS y FROM d.t')
    await warehouse.view('d.w', 'WITH a AS (SELECT * FROM d.v) SELECT y FROM a WHERE id = 1')
    warehouse.asked.length = 0
    expect((await warehouse.run('SELECT * FROM d.w')).rows).toEqual([[3]])
    expect(warehouse.asked.map(({ path, via }) => [path.at(-1), via.map((view) => view.tableId)])).toEqual([
      ['w', []],
      ['v', ['w']],
      ['t', ['w', 'v']],
    ])
  })

  it.each([
    ['DROP TABLE IF EXISTS `p.d`.t', { type: 'DROP_TABLE', target: ['p', 'd', 't'], ifExists: true }],
    ['DROP VIEW d.v', { type: 'DROP_VIEW', target: ['d', 'v'], ifExists: false }],
    ['DROP SCHEMA IF EXISTS d CASCADE', { type: 'DROP_SCHEMA', target: ['d'], isCascade: true }],
    [
      'CREATE SCHEMA IF NOT EXISTS `p`.`d` OPTIONS (location = "us-central1")',
      {
        type: 'CREATE_SCHEMA',
        target: ['p', 'd'],
        header: { ifNotExists: true, options: { location: 'us-central1' } },
      },
    ],
    [
      'ALTER TABLE d.t SET OPTIONS (description = NULL)',
      { type: 'ALTER_TABLE', alter: { kind: 'SET_OPTIONS', options: { description: null } } },
    ],
    [
      'ALTER VIEW d.v SET OPTIONS (labels = [("a", "b")])',
      { type: 'ALTER_VIEW', alter: { kind: 'SET_OPTIONS', options: { labels: [['a', 'b']] } } },
    ],
    [
      'ALTER TABLE d.t ADD COLUMN a INT64, ADD COLUMN IF NOT EXISTS b ARRAY<STRING>',
      {
        type: 'ALTER_TABLE',
        alter: {
          kind: 'ADD_COLUMN',
          isConditional: true,
          columns: [
            { name: 'a', type: 'INTEGER' },
            { name: 'b', type: 'STRING', mode: 'REPEATED' },
          ],
        },
      },
    ],
    ['ALTER TABLE d.t DROP COLUMN x', { type: 'ALTER_TABLE', alter: { kind: 'DROP_COLUMN', names: ['x'] } }],
    [
      "ALTER TABLE d.t ALTER COLUMN x SET OPTIONS (description = 'q')",
      {
        type: 'ALTER_TABLE',
        alter: { kind: 'SET_COLUMN_OPTIONS', name: 'x', options: { description: 'q' } },
      },
    ],
    [
      "LOAD DATA OVERWRITE d.t (id INT64) PARTITION BY day CLUSTER BY id FROM FILES (format = 'PARQUET', uris = ['gs://b/x/*.parquet'], hive_partition_uri_prefix = 'gs://b/x') WITH PARTITION COLUMNS (day DATE)",
      {
        type: 'LOAD_DATA',
        header: { partitionBy: { field: 'day', type: 'DAY' }, clusterBy: ['id'], columns: [{ name: 'id' }] },
        load: {
          overwrite: true,
          format: 'PARQUET',
          uris: ['gs://b/x/*.parquet'],
          options: { hive_partition_uri_prefix: 'gs://b/x' },
          partitionColumns: [{ name: 'day', type: 'DATE' }],
        },
      },
    ],
    [
      "LOAD DATA INTO d.t OVERWRITE PARTITIONS (day = DATE '2020-01-01') FROM FILES (format = 'CSV', uris = ['gs://b/x.csv'], skip_leading_rows = 1)",
      {
        type: 'LOAD_DATA',
        load: {
          overwrite: true,
          partitions: { column: 'day', duckdbValue: "DATE '2020-01-01'" },
          format: 'CSV',
          options: { skip_leading_rows: 1 },
        },
      },
    ],
  ])('%s', async (sql, expected) => {
    expect(await warehouse.compile(sql)).toMatchObject(expected)
  })
})

describe('scripts', () => {
  it('declare, set and use variables', async () => {
    const { rows: result } = await warehouse.run(
      "DECLARE a, b INT64 DEFAULT 2; DECLARE c STRING; SET a = b + 1; SET (b, c) = (SELECT AS STRUCT MAX(id), 'z' FROM d.t); SELECT a, b, c || '!', a IN UNNEST([b, 3])",
    )
    expect(result).toEqual([[3, 2, 'z!', true]])
  })

  it('assign NULL when the query of a tuple has no row', async () => {
    expect(
      (
        await warehouse.run(
          'DECLARE a INT64 DEFAULT 1; SET (a) = (SELECT AS STRUCT id FROM d.t WHERE id = 99); SELECT a',
        )
      ).rows,
    ).toEqual([[null]])
  })
})

describe('reads', () => {
  const readsOf = async (sql: string) =>
    (await warehouse.compile(sql)).reads.map(({ columns, partitionPredicate }) => ({
      columns,
      partitionPredicate,
    }))

  it('name the referenced columns only, through subqueries and CTEs', async () => {
    expect(await readsOf('SELECT id FROM (SELECT * FROM d.t)')).toEqual([
      { columns: ['id'], partitionPredicate: undefined },
    ])
    expect(
      await readsOf(
        'WITH a AS (SELECT id, x FROM d.t), unused AS (SELECT day FROM d.t) SELECT COUNT(*) FROM a WHERE x > 1',
      ),
    ).toEqual([{ columns: ['x'], partitionPredicate: undefined }])
    expect(await readsOf('SELECT COUNT(*) FROM d.t')).toEqual([
      { columns: [], partitionPredicate: undefined },
    ])
  })

  it('know the partitions a WHERE leaves, also through a subquery, never through LIMIT or OR', async () => {
    expect(
      await readsOf("SELECT id FROM d.t WHERE day >= '2020-01-01' AND x > 1 AND day IN ('2020-01-02')"),
    ).toEqual([
      {
        columns: ['day', 'id', 'x'],
        partitionPredicate: `("day" >= DATE '2020-01-01') AND ("day" IN (DATE '2020-01-02'))`,
      },
    ])
    expect(await readsOf("SELECT id FROM (SELECT * FROM d.t) WHERE day = '2020-01-01'")).toEqual([
      { columns: ['day', 'id'], partitionPredicate: `("day" = DATE '2020-01-01')` },
    ])
    expect(
      (await readsOf("SELECT id FROM (SELECT * FROM d.t LIMIT 1) WHERE day = '2020-01-01'"))[0]!
        .partitionPredicate,
    ).toBeUndefined()
    expect(
      (await readsOf("SELECT id FROM d.t WHERE day = '2020-01-01' OR id = 1"))[0]!.partitionPredicate,
    ).toBeUndefined()
    expect((await readsOf("SELECT 1 FROM d.t WHERE day IN UNNEST([DATE '2020-01-01'])"))[0]!).toMatchObject({
      partitionPredicate: expect.stringContaining('list_contains('),
    })
  })

  // https://cloud.google.com/bigquery/docs/using-dml-with-partitioned-tables#pruning_partitions_when_using_a_merge_statement
  it('know the partitions that MERGE looks at', async () => {
    const merge = async (on: string, clauses: string) =>
      (await readsOf(`MERGE d.t USING (SELECT 9 AS k) AS s ON ${on} ${clauses}`))[0]!.partitionPredicate
    const inserted = 'WHEN NOT MATCHED THEN INSERT (id) VALUES (k)'
    const day = "t.day = '2020-01-01'"
    expect(await merge(`t.id = k AND ${day}`, inserted)).toBe(`("day" = DATE '2020-01-01')`)
    expect(await merge('t.id = k', inserted)).toBeUndefined()
    expect(await merge('FALSE', inserted)).toBe('FALSE')
    expect(await merge('FALSE', `WHEN NOT MATCHED BY SOURCE AND ${day} THEN DELETE`)).toBe(
      `("day" = DATE '2020-01-01')`,
    )
    expect(await merge('FALSE', 'WHEN NOT MATCHED BY SOURCE THEN DELETE')).toBeUndefined()
    expect(await merge(`t.id = k AND ${day}`, 'WHEN NOT MATCHED BY SOURCE THEN DELETE')).toBeUndefined()
  })
})

it('reads tables whose columns have every type', async () => {
  await warehouse.table('d.all', [
    field('n', 'NUMERIC'),
    field('b', 'BYTES'),
    field('j', 'JSON'),
    field('ti', 'TIME'),
    field('dt', 'DATETIME'),
    field('l', 'INTEGER', 'REPEATED'),
  ])
  await warehouse.run(
    "INSERT d.all (n, b, j, ti, dt, l) VALUES (1, b'x', JSON '{\"a\": 1}', '10:00:00', '2020-01-01 10:00:00', [1, 2])",
  )
  expect(
    (
      await warehouse.run(
        "SELECT n + 1, TO_HEX(b), JSON_VALUE(j, '$.a'), CAST(ti AS STRING), DATE(dt), l[OFFSET(1)] FROM d.all",
      )
    ).rows,
  ).toEqual([['2.000000000', '78', '1', '10:00:00', '2020-01-01', 2]])
})
