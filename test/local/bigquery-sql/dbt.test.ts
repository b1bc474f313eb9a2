/**
 * Queries in the shape dbt-bigquery writes them: generic tests, unit tests, snapshots, empty subqueries.
 * (Tables, views and incremental merges are in statements.test.ts.)
 */
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { openWarehouse, type Warehouse } from './warehouse.ts'

let warehouse: Warehouse
beforeAll(async () => {
  warehouse = await openWarehouse()
  await warehouse.run(
    "create or replace table `p`.`d`.`m` as (select 1 as id, 'a' as kind, 1 as parent union all select 2, 'b', 1 union all select 2, 'z', 9)",
  )
})
afterAll(() => warehouse.close())

it('generic tests count their failures', async () => {
  const wrapped = (main: string) =>
    `/* {"app": "dbt"} */\nselect count(*) as failures, count(*) != 0 as should_warn, count(*) != 0 as should_error from (${main}) dbt_internal_test`
  const unique =
    'with dbt_test__target as (select id as unique_field from `p`.`d`.`m` where id is not null) select unique_field, count(*) as n_records from dbt_test__target group by unique_field having count(*) > 1'
  const accepted =
    "with all_values as (select kind as value_field, count(*) as n_records from `p`.`d`.`m` group by kind) select * from all_values where value_field not in ('a','b')"
  const relationships =
    'with child as (select parent as from_field from `p`.`d`.`m` where parent is not null), parent as (select id as to_field from `p`.`d`.`m`) select from_field from child left join parent on child.from_field = parent.to_field where parent.to_field is null'
  const notNull = 'select id from (select * from `p`.`d`.`m` where id > 0) dbt_subquery where id is null'
  for (const [main, failures] of [
    [unique, 1],
    [accepted, 1],
    [relationships, 1],
    [notNull, 0],
  ] as const)
    expect((await warehouse.run(wrapped(main))).rows).toEqual([[failures, failures > 0, failures > 0]])
})

it('unit tests compare fixtures of safe_cast values', async () => {
  const { rows } = await warehouse.run(`with dbt_internal_unit_test_actual as (
  select id, day, 'actual' as \`actual_or_expected\` from (
    with __dbt__cte__src as (
      select safe_cast(1 as INT64) as id, safe_cast('''2020-01-01''' as DATE) as day
      union all
      select safe_cast(null as INT64) as id, safe_cast(null as DATE) as day
    ) select * from __dbt__cte__src
  ) _dbt_internal_unit_test_actual
),
dbt_internal_unit_test_expected as (
  select id, day, 'expected' as \`actual_or_expected\` from (
    select safe_cast(1 as INT64) as id, safe_cast('2020-01-01' as DATE) as day
  ) _dbt_internal_unit_test_expected
)
select * from dbt_internal_unit_test_actual union all select * from dbt_internal_unit_test_expected`)
  expect(rows).toEqual([
    [1, '2020-01-01', 'actual'],
    [null, null, 'actual'],
    [1, '2020-01-01', 'expected'],
  ])
})

it('empty subqueries give a schema', async () => {
  const { schema, rows } = await warehouse.run(
    'select * from (select id, kind, current_timestamp() as seen_at from `p`.`d`.`m`) as __dbt_sbq where false and current_timestamp() = current_timestamp() limit 0',
  )
  expect(rows).toEqual([])
  expect(schema.map((column) => column.type)).toEqual(['INTEGER', 'STRING', 'TIMESTAMP'])
})

it('a snapshot closes changed rows and inserts new versions', async () => {
  await warehouse.run(
    "create or replace table d.snap as (select id, kind, to_hex(md5(concat(coalesce(cast(id as string), ''), '|', coalesce(cast(kind as string), '')))) as dbt_scd_id, timestamp '2020-01-01' as dbt_valid_from, nullif(timestamp '2020-01-01', timestamp '2020-01-01') as dbt_valid_to from (select 1 as id, 'a' as kind union all select 2, 'b'))",
  )
  await warehouse.run(`create or replace table d.staging as (
    with snapshot_query as (select 1 as id, 'changed' as kind),
    snapshotted_data as (select *, id as dbt_unique_key from d.snap where dbt_valid_to is null),
    insertions_source_data as (select *, id as dbt_unique_key, current_timestamp() as dbt_valid_from, nullif(current_timestamp(), current_timestamp()) as dbt_valid_to, to_hex(md5(concat(coalesce(cast(id as string), ''), '|', coalesce(cast(kind as string), '')))) as dbt_scd_id from snapshot_query),
    insertions as (select 'insert' as dbt_change_type, source_data.* from insertions_source_data as source_data left outer join snapshotted_data on snapshotted_data.dbt_unique_key = source_data.dbt_unique_key where snapshotted_data.dbt_unique_key is null or (snapshotted_data.dbt_unique_key is not null and (snapshotted_data.kind != source_data.kind or ((snapshotted_data.kind is null and not (source_data.kind is null)))))),
    updates as (select 'update' as dbt_change_type, source_data.* except (dbt_valid_to, dbt_scd_id), current_timestamp() as dbt_valid_to, snapshotted_data.dbt_scd_id from insertions_source_data as source_data join snapshotted_data on snapshotted_data.dbt_unique_key = source_data.dbt_unique_key where snapshotted_data.kind != source_data.kind)
    select dbt_change_type, id, kind, dbt_unique_key, dbt_valid_from, dbt_valid_to, dbt_scd_id from insertions union all select dbt_change_type, id, kind, dbt_unique_key, dbt_valid_from, dbt_valid_to, dbt_scd_id from updates)`)
  const { counts } = await warehouse.run(
    "merge into d.snap as DBT_INTERNAL_DEST using d.staging as DBT_INTERNAL_SOURCE on DBT_INTERNAL_SOURCE.dbt_scd_id = DBT_INTERNAL_DEST.dbt_scd_id when matched and DBT_INTERNAL_DEST.dbt_valid_to is null and DBT_INTERNAL_SOURCE.dbt_change_type in ('update', 'delete') then update set dbt_valid_to = DBT_INTERNAL_SOURCE.dbt_valid_to when not matched and DBT_INTERNAL_SOURCE.dbt_change_type = 'insert' then insert (`id`, `kind`, `dbt_scd_id`, `dbt_valid_from`, `dbt_valid_to`) values (`id`, `kind`, `dbt_scd_id`, `dbt_valid_from`, `dbt_valid_to`)",
  )
  expect(counts).toEqual([1, 1])
  expect(
    (await warehouse.run('select id, kind, dbt_valid_to is null from d.snap order by id, kind')).rows,
  ).toEqual([
    [1, 'a', false],
    [1, 'changed', true],
    [2, 'b', true],
  ])
})
