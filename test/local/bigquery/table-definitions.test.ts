/** What a table's definition may say beyond columns, in SQL and in REST: shown by tables.get and held on write. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { asDataEngineer, openBigQuery, type BigQueryCloud } from './bigquery-cloud.ts'

let cloud: BigQueryCloud
const { sql, refusal } = asDataEngineer(() => cloud)
beforeAll(async () => {
  cloud = await openBigQuery()
})
afterAll(() => cloud.close())

const shown = async (name: string) =>
  (await cloud.api('data-eng', 'GET', `/datasets/caec_raw/tables/${name}`)).body
const insert = (name: string, body: Record<string, unknown>) =>
  cloud.api('data-eng', 'POST', '/datasets/caec_raw/tables', {
    tableReference: { projectId: cloud.project, datasetId: 'caec_raw', tableId: name },
    ...body,
  })

describe('limits of columns', () => {
  it('are shown and held', async () => {
    await sql(
      'CREATE TABLE caec_raw.limits (s STRING(3), b BYTES(2), n NUMERIC(5, 2), r STRUCT<x INT64 NOT NULL OPTIONS(description="an x"), t ARRAY<STRING(2)>>)',
    )
    expect((await shown('limits')).schema.fields).toEqual([
      { name: 's', type: 'STRING', mode: 'NULLABLE', maxLength: '3' },
      { name: 'b', type: 'BYTES', mode: 'NULLABLE', maxLength: '2' },
      { name: 'n', type: 'NUMERIC', mode: 'NULLABLE', precision: '5', scale: '2' },
      {
        name: 'r',
        type: 'RECORD',
        mode: 'NULLABLE',
        fields: [
          { name: 'x', type: 'INTEGER', mode: 'REQUIRED', description: 'an x' },
          { name: 't', type: 'STRING', mode: 'REPEATED', maxLength: '2' },
        ],
      },
    ])
    await sql(
      "INSERT INTO caec_raw.limits VALUES ('äöü', b'ab', 123.456, (1, ['ab'])), (NULL, NULL, -0.005, NULL)",
    )
    expect(await sql('SELECT n FROM caec_raw.limits ORDER BY n')).toEqual([['-0.01'], ['123.46']])
    const broken = async (values: string) => refusal(`INSERT INTO caec_raw.limits VALUES (${values})`)
    expect(await broken("'abcd', NULL, NULL, NULL")).toContain('STRING(3) has maximum length 3')
    expect(await broken("NULL, b'abc', NULL, NULL")).toContain('BYTES(2) has maximum length 2')
    expect(await broken('NULL, NULL, 1000, NULL')).toContain('NUMERIC(5, 2) cannot hold the value')
    expect(await broken("NULL, NULL, NULL, (1, ['abc'])")).toContain('r.t: STRING(2)')
    expect(await broken("NULL, NULL, NULL, (NULL, ['a'])")).toContain('Required field r.x cannot be null')
    expect(await refusal('CREATE TABLE caec_raw.wrong (n NUMERIC(40, 2))')).toContain('NUMERIC(P, 2)')
    await sql("INSERT INTO caec_raw.limits (r) SELECT AS STRUCT STRUCT(2 AS t, ['q'] AS x)")
    expect(await sql('SELECT r.x, r.t[OFFSET(0)] FROM caec_raw.limits WHERE r.x = 2')).toEqual([['2', 'q']])
    expect(await refusal('SELECT CAST("abc" AS STRING(2))')).toContain('parameterized type')
  })

  it('do not follow a query into its result', async () => {
    await sql('CREATE TABLE caec_raw.copied AS SELECT s, r FROM caec_raw.limits')
    expect((await shown('copied')).schema.fields[0]).toEqual({ name: 's', type: 'STRING', mode: 'NULLABLE' })
  })
})

describe('defaults', () => {
  it('fill what a write does not name', async () => {
    await sql(
      "CREATE TABLE caec_raw.standard (id INT64, s STRING DEFAULT 'none', made TIMESTAMP DEFAULT CURRENT_TIMESTAMP() NOT NULL, d DATE DEFAULT '2020-01-01', u STRING DEFAULT GENERATE_UUID())",
    )
    expect((await shown('standard')).schema.fields[2]).toEqual({
      name: 'made',
      type: 'TIMESTAMP',
      mode: 'REQUIRED',
      defaultValueExpression: 'CURRENT_TIMESTAMP()',
    })
    await sql('INSERT INTO caec_raw.standard (id) VALUES (1), (2)')
    await sql("INSERT INTO caec_raw.standard (id, s, d) VALUES (3, DEFAULT, NULL), (4, 'x', DEFAULT)")
    await sql(
      'MERGE caec_raw.standard t USING (SELECT 5 AS id) s ON t.id = s.id WHEN NOT MATCHED THEN INSERT (id) VALUES (id)',
    )
    await sql('UPDATE caec_raw.standard SET s = DEFAULT WHERE id = 4')
    expect(
      await sql(
        'SELECT id, s, CAST(d AS STRING), TIMESTAMP_DIFF(CURRENT_TIMESTAMP(), made, MINUTE) < 5 FROM caec_raw.standard ORDER BY id',
      ),
    ).toEqual([
      ['1', 'none', '2020-01-01', 'true'],
      ['2', 'none', '2020-01-01', 'true'],
      ['3', 'none', null, 'true'],
      ['4', 'none', '2020-01-01', 'true'],
      ['5', 'none', '2020-01-01', 'true'],
    ])
    expect(await sql('SELECT COUNT(DISTINCT u) FROM caec_raw.standard')).toEqual([['5']])
    expect(await refusal('CREATE TABLE caec_raw.wrong (n INT64 DEFAULT "x")')).toContain('cannot be coerced')
    expect(await refusal('CREATE TABLE caec_raw.wrong (n INT64 DEFAULT (SELECT 1))')).toContain(
      'A default of column n',
    )
  })

  it('fill what a load does not bring, in SQL and in REST', async () => {
    const { status } = await insert('loaded', {
      schema: {
        fields: [
          { name: 'id', type: 'INT64' },
          { name: 's', type: 'STRING', defaultValueExpression: "'rest'" },
        ],
      },
    })
    expect(status).toBe(200)
    const job = await cloud.upload(
      'data-eng',
      {
        destinationTable: { projectId: cloud.project, datasetId: 'caec_raw', tableId: 'loaded' },
        schema: { fields: [{ name: 'id', type: 'INT64' }] },
        sourceFormat: 'CSV',
      },
      '7\n',
    )
    expect(job.status.errorResult).toBeUndefined()
    expect(await sql('SELECT id, s FROM caec_raw.loaded')).toEqual([['7', 'rest']])
    await sql("ALTER TABLE caec_raw.loaded ALTER COLUMN s SET DEFAULT 'sql'")
    await sql('INSERT INTO caec_raw.loaded (id) VALUES (8)')
    await sql('ALTER TABLE caec_raw.loaded ALTER COLUMN s DROP DEFAULT')
    await sql('INSERT INTO caec_raw.loaded (id) VALUES (9)')
    expect(await sql('SELECT s FROM caec_raw.loaded ORDER BY id')).toEqual([['rest'], ['sql'], [null]])
  })
})

describe('keys', () => {
  it('are kept, shown, added and dropped, never enforced', async () => {
    await sql(
      'CREATE TABLE caec_raw.orders (id INT64, item INT64 REFERENCES caec_raw.items(id) NOT ENFORCED, day DATE, PRIMARY KEY (id, day) NOT ENFORCED, CONSTRAINT to_days FOREIGN KEY (day) REFERENCES caec_raw.days(d) NOT ENFORCED)',
    )
    const key = (name: string, table: string, own: string, other: string) => ({
      name,
      referencedTable: { projectId: cloud.project, datasetId: 'caec_raw', tableId: table },
      columnReferences: [{ referencingColumn: own, referencedColumn: other }],
    })
    const both = [key('fk$1', 'items', 'item', 'id'), key('to_days', 'days', 'day', 'd')]
    expect((await shown('orders')).tableConstraints).toEqual({
      primaryKey: { columns: ['id', 'day'] },
      foreignKeys: both,
    })
    await sql('INSERT INTO caec_raw.orders (id, day) VALUES (1, NULL), (1, NULL)')
    await sql('ALTER TABLE caec_raw.orders DROP PRIMARY KEY, DROP CONSTRAINT to_days').catch(() => undefined)
    await sql('ALTER TABLE caec_raw.orders DROP PRIMARY KEY')
    await sql('ALTER TABLE caec_raw.orders DROP CONSTRAINT to_days')
    expect((await shown('orders')).tableConstraints).toEqual({ foreignKeys: [both[0]] })
    await sql(
      'ALTER TABLE caec_raw.orders ADD PRIMARY KEY (id) NOT ENFORCED, ADD FOREIGN KEY (day) REFERENCES caec_raw.days(d) NOT ENFORCED',
    )
    expect((await shown('orders')).tableConstraints).toEqual({
      primaryKey: { columns: ['id'] },
      foreignKeys: [both[0], key('fk$2', 'days', 'day', 'd')],
    })
    expect(await refusal('ALTER TABLE caec_raw.orders DROP COLUMN item')).toContain('is part of a key')
    expect(await refusal('CREATE TABLE caec_raw.wrong (id INT64 PRIMARY KEY)')).toContain('NOT ENFORCED')
    expect(await refusal('CREATE TABLE caec_raw.wrong (id INT64, PRIMARY KEY (x) NOT ENFORCED)')).toContain(
      'Column x of a key',
    )
  })

  it('come through tables.insert and go through tables.patch', async () => {
    const made = await insert('keyed', {
      schema: { fields: [{ name: 'id', type: 'INT64' }] },
      tableConstraints: { primaryKey: { columns: ['id'] } },
    })
    expect(made.body.tableConstraints).toEqual({ primaryKey: { columns: ['id'] } })
    const { body } = await cloud.api('data-eng', 'PATCH', '/datasets/caec_raw/tables/keyed', {
      tableConstraints: null,
    })
    expect(body.tableConstraints).toBeUndefined()
  })
})

describe('partitions', () => {
  it('of ranges are shown, filtered and listed', async () => {
    await sql(
      'CREATE TABLE caec_raw.ranges (id INT64, x INT64) PARTITION BY RANGE_BUCKET(id, GENERATE_ARRAY(0, 100, 10)) OPTIONS (require_partition_filter = TRUE)',
    )
    expect((await shown('ranges')).rangePartitioning).toEqual({
      field: 'id',
      range: { start: '0', end: '100', interval: '10' },
    })
    await sql('INSERT INTO caec_raw.ranges VALUES (-1, 0), (5, 1), (9, 2), (10, 3), (100, 4), (NULL, 5)')
    expect(await refusal('SELECT * FROM caec_raw.ranges')).toContain("without a filter over column(s) 'id'")
    expect(await sql('SELECT x FROM caec_raw.ranges WHERE id = 9')).toEqual([['2']])
    expect(
      await sql(
        "SELECT partition_id, total_rows FROM caec_raw.INFORMATION_SCHEMA.PARTITIONS WHERE table_name = 'ranges' ORDER BY 1",
      ),
    ).toEqual([
      ['0', '2'],
      ['10', '1'],
      ['__NULL__', '1'],
      ['__UNPARTITIONED__', '2'],
    ])
    await sql('CREATE VIEW caec_raw.over_ranges AS SELECT * FROM caec_raw.ranges')
    expect(await refusal('SELECT x FROM caec_raw.over_ranges')).toContain('without a filter')
    expect(await sql('SELECT x FROM caec_raw.over_ranges WHERE id = 9')).toEqual([['2']])
    expect(await refusal('SELECT x FROM `caec_raw.range*` WHERE id = 9')).toContain(
      'requires a partition filter',
    )
  })

  it.each([
    ['MONTH', '202001'],
    ['YEAR', '2020'],
  ])('by %s are named %s', async (part, id) => {
    const name = `by_${part.toLowerCase()}`
    await sql(`CREATE TABLE caec_raw.${name} (d DATE) PARTITION BY DATE_TRUNC(d, ${part})`)
    await sql(`INSERT INTO caec_raw.${name} VALUES ('2020-01-31'), ('2021-02-01')`)
    expect((await shown(name)).timePartitioning).toEqual({ type: part, field: 'd' })
    expect(
      (
        await sql(
          `SELECT partition_id FROM caec_raw.INFORMATION_SCHEMA.PARTITIONS WHERE table_name = '${name}' ORDER BY 1`,
        )
      )[0],
    ).toEqual([id])
  })

  it('by arrival have pseudo columns that nothing else shows', async () => {
    await sql('CREATE TABLE caec_raw.arrived (x INT64) PARTITION BY _PARTITIONDATE')
    const table = await shown('arrived')
    expect([table.timePartitioning, table.schema.fields.length]).toEqual([{ type: 'DAY' }, 1])
    await sql('INSERT INTO caec_raw.arrived VALUES (1)')
    await sql("INSERT INTO caec_raw.arrived (_PARTITIONTIME, x) VALUES (TIMESTAMP '2020-01-02', 2)")
    expect(await sql('SELECT * FROM caec_raw.arrived ORDER BY x')).toEqual([['1'], ['2']])
    expect(await sql("SELECT x FROM caec_raw.arrived WHERE _PARTITIONDATE = '2020-01-02'")).toEqual([['2']])
    expect(
      await sql(
        'SELECT x, _PARTITIONDATE = CURRENT_DATE() FROM caec_raw.arrived AS a ORDER BY _PARTITIONTIME DESC',
      ),
    ).toEqual([
      ['1', 'true'],
      ['2', 'false'],
    ])
    const job = await cloud.upload(
      'data-eng',
      {
        destinationTable: { projectId: cloud.project, datasetId: 'caec_raw', tableId: 'arrived$20210304' },
        sourceFormat: 'CSV',
      },
      '3\n',
    )
    expect(job.status.errorResult).toBeUndefined()
    expect(await sql('SELECT CAST(_PARTITIONDATE AS STRING) FROM caec_raw.arrived WHERE x = 3')).toEqual([
      ['2021-03-04'],
    ])
    expect(
      await sql(
        "SELECT partition_id FROM caec_raw.INFORMATION_SCHEMA.PARTITIONS WHERE table_name = 'arrived' AND partition_id < '2022' ORDER BY 1",
      ),
    ).toEqual([['20200102'], ['20210304']])
    await sql('CREATE TABLE caec_raw.hourly (x INT64) PARTITION BY TIMESTAMP_TRUNC(_PARTITIONTIME, HOUR)')
    expect((await shown('hourly')).timePartitioning).toEqual({ type: 'HOUR' })
    expect(await refusal('SELECT _PARTITIONDATE FROM caec_raw.hourly')).toContain('Unrecognized name')
  })
})

describe('ALTER TABLE', () => {
  it('widens the fields of a STRUCT and adds some, also in an array', async () => {
    await sql(
      "CREATE TABLE caec_raw.wider (s1 STRUCT<a INT64 OPTIONS(description = 'kept'), q STRUCT<z DATE>>, r ARRAY<STRUCT<a INT64>>)",
    )
    await sql("INSERT INTO caec_raw.wider VALUES ((1, STRUCT(DATE '2020-01-01')), [STRUCT(2)]), (NULL, [])")
    await sql(
      'ALTER TABLE caec_raw.wider ALTER COLUMN s1 SET DATA TYPE STRUCT<a NUMERIC, q STRUCT<z DATE, y STRING>, b STRING>',
    )
    await sql('ALTER TABLE caec_raw.wider ALTER COLUMN r SET DATA TYPE ARRAY<STRUCT<a INT64, b STRING>>')
    expect((await shown('wider')).schema.fields[0].fields).toEqual([
      { name: 'a', type: 'NUMERIC', mode: 'NULLABLE', description: 'kept' },
      {
        name: 'q',
        type: 'RECORD',
        mode: 'NULLABLE',
        fields: [
          { name: 'z', type: 'DATE', mode: 'NULLABLE' },
          { name: 'y', type: 'STRING', mode: 'NULLABLE' },
        ],
      },
      { name: 'b', type: 'STRING', mode: 'NULLABLE' },
    ])
    await sql("INSERT INTO caec_raw.wider VALUES ((1.5, (NULL, 'y'), 'b'), [STRUCT(3, 'x')])")
    expect(
      await sql(
        'SELECT s1.a / 2, s1.q.y, s1.b, r[SAFE_OFFSET(0)].a AS ra, r[SAFE_OFFSET(0)].b AS rb FROM caec_raw.wider ORDER BY 1',
      ),
    ).toEqual([
      [null, null, null, null, null],
      ['0.5', null, null, '2', null],
      ['0.75', 'y', 'b', '3', 'x'],
    ])
    for (const type of [
      'STRUCT<a NUMERIC>',
      'STRUCT<q STRUCT<z DATE, y STRING>, a NUMERIC, b STRING>',
      'STRUCT<a INT64, q STRUCT<z DATE, y STRING>, b STRING>',
      'ARRAY<STRUCT<a NUMERIC>>',
    ])
      expect(await refusal(`ALTER TABLE caec_raw.wider ALTER COLUMN s1 SET DATA TYPE ${type}`)).toContain(
        'is assignable',
      )
    expect(
      await refusal(
        'ALTER TABLE caec_raw.wider ALTER COLUMN r SET DATA TYPE ARRAY<STRUCT<a INT64, b STRING, c ARRAY<INT64>>>',
      ),
    ).toContain('Adding an ARRAY to the fields of a STRUCT is not supported')
  })

  it('widens, renames, relaxes and describes, and refuses what loses data', async () => {
    await sql(
      'CREATE TABLE caec_raw.altered (n INT64 NOT NULL, s STRING(3), d DATE, p DATE) PARTITION BY p OPTIONS (enable_change_history = TRUE)',
    )
    await sql("INSERT INTO caec_raw.altered VALUES (1, 'abc', '2020-01-01', '2020-01-01')")
    await sql('ALTER TABLE caec_raw.altered ALTER COLUMN n SET DATA TYPE NUMERIC')
    await sql('ALTER TABLE caec_raw.altered ALTER COLUMN n DROP NOT NULL')
    await sql('ALTER TABLE caec_raw.altered ALTER COLUMN s SET DATA TYPE STRING(5)')
    await sql('ALTER TABLE caec_raw.altered RENAME COLUMN s TO t, RENAME COLUMN IF EXISTS zz TO y')
    await sql("ALTER TABLE caec_raw.altered ALTER COLUMN t SET OPTIONS (description = 'a text')")
    expect((await shown('altered')).schema.fields.slice(0, 2)).toEqual([
      { name: 'n', type: 'NUMERIC', mode: 'NULLABLE' },
      { name: 't', type: 'STRING', mode: 'NULLABLE', maxLength: '5', description: 'a text' },
    ])
    expect(await sql("SELECT n / 2, t FROM caec_raw.altered WHERE p = '2020-01-01'")).toEqual([
      ['0.5', 'abc'],
    ])
    expect(await refusal('ALTER TABLE caec_raw.altered ALTER COLUMN n SET DATA TYPE INT64')).toContain(
      'is assignable',
    )
    expect(await refusal('ALTER TABLE caec_raw.altered ALTER COLUMN t SET DATA TYPE STRING(2)')).toContain(
      'is assignable',
    )
    expect(await refusal('ALTER TABLE caec_raw.altered RENAME COLUMN p TO q')).toContain(
      'partitions the table',
    )
    expect(
      await sql(
        "SELECT is_change_history_enabled FROM caec_raw.INFORMATION_SCHEMA.TABLES WHERE table_name = 'altered'",
      ),
    ).toEqual([['YES']])
    await sql('ALTER TABLE caec_raw.altered RENAME TO renamed')
    expect((await shown('altered')).error.code).toBe(404)
    expect(await sql("SELECT t FROM caec_raw.renamed WHERE p = '2020-01-01'")).toEqual([['abc']])
  })

  it('is judged by a dry run', async () => {
    await sql('CREATE TABLE caec_raw.judged (n INT64)')
    const dry = (text: string) => cloud.query('data-eng', text, { dryRun: true })
    expect((await dry('ALTER TABLE caec_raw.judged ALTER COLUMN n SET DATA TYPE FLOAT64')).status).toBe(200)
    expect((await dry('ALTER TABLE caec_raw.judged ALTER COLUMN n SET DATA TYPE STRING')).status).toBe(400)
    expect((await dry('ALTER TABLE caec_raw.judged RENAME COLUMN zz TO y')).status).toBe(400)
    expect((await shown('judged')).schema.fields[0].type).toBe('INTEGER')
  })

  it('adds fields to a record through tables.patch', async () => {
    await sql('CREATE TABLE caec_raw.nested (r STRUCT<a INT64>, l ARRAY<STRUCT<a INT64>>)')
    await sql('INSERT INTO caec_raw.nested VALUES (STRUCT(1), [STRUCT(2)])')
    const inner = [
      { name: 'a', type: 'INT64' },
      { name: 'b', type: 'STRING', maxLength: '4' },
    ]
    const { status } = await cloud.api('data-eng', 'PATCH', '/datasets/caec_raw/tables/nested', {
      schema: {
        fields: [
          { name: 'r', type: 'RECORD', fields: inner },
          { name: 'l', type: 'RECORD', mode: 'REPEATED', fields: inner },
        ],
      },
    })
    expect(status).toBe(200)
    await sql("UPDATE caec_raw.nested SET r = (1, 'x') WHERE TRUE")
    expect(
      await sql('SELECT r.a, r.b, l[OFFSET(0)].a AS c, l[OFFSET(0)].b AS d FROM caec_raw.nested'),
    ).toEqual([['1', 'x', '2', null]])
  })
})
