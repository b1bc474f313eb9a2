/** Statements that generators write: four times the text takes about four times the work. CPU is measured, so a busy machine changes nothing. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { openWarehouse, type Warehouse } from './warehouse.ts'

let warehouse: Warehouse
beforeAll(async () => {
  warehouse = await openWarehouse()
  await warehouse.run('CREATE TABLE d.t (id INT64, name STRING)')
})
afterAll(() => warehouse.close())

/** `parts` until they are `bytes` long together. */
function filled(bytes: number, separator: string, part: (index: number) => string): string {
  const parts: string[] = []
  for (let length = 0; length < bytes; length += parts.at(-1)!.length + separator.length)
    parts.push(part(parts.length))
  return parts.join(separator)
}

/** The least of three: the first also pays for code that is not compiled yet. */
async function cpuSeconds(work: () => Promise<unknown>): Promise<number> {
  const all: number[] = []
  for (let i = 0; i < 3; i += 1) {
    const before = process.cpuUsage()
    await work()
    const { user, system } = process.cpuUsage(before)
    all.push((user + system) / 1e6)
  }
  return Math.min(...all)
}

describe.each([
  ['numbers', 'id', (i: number) => String(i * 7919)],
  ['texts', 'name', (i: number) => `'visitor-${i}'`],
])('an IN list of %s', (_, column, part) => {
  const listOf = (bytes: number): string =>
    `SELECT COUNT(*) FROM d.t WHERE ${column} IN (${filled(bytes, ', ', part)})`
  it('is one list for the engine too', async () => {
    const sql = listOf(140_000)
    const { duckdb } = await warehouse.compile(sql)
    expect(duckdb.join().match(/\bunnest\(/gi)).toHaveLength(1)
    expect(duckdb.join().length).toBeLessThan(1.5 * sql.length)
  })
  it('of four times the length takes at most six times the work', async () => {
    const [short, long] = [listOf(140_000), listOf(560_000)]
    const less = await cpuSeconds(() => warehouse.compile(short))
    expect((await cpuSeconds(() => warehouse.compile(long))) / less).toBeLessThan(6)
  })
})

/** The seconds of a megabyte stand in `npm run bench -- bigquery`. */
it.each<[string, (bytes: number) => string]>([
  [
    'SELECTs in one UNION ALL',
    (bytes) =>
      `SELECT COUNT(*) FROM (${filled(bytes, ' UNION ALL ', (i) => `SELECT ${i} AS id, 'name ${i}' AS name`)})`,
  ],
  [
    'structs in one array',
    (bytes) =>
      `SELECT COUNT(*) FROM UNNEST([${filled(bytes, ', ', (i) => `STRUCT(${i} AS id, 'name ${i}' AS name)`)}])`,
  ],
  [
    'rows of an INSERT',
    (bytes) => `INSERT INTO d.t (id, name) VALUES ${filled(bytes, ', ', (i) => `(${i}, 'name ${i}')`)}`,
  ],
])('a megabyte of %s takes at most six times the work of a quarter of it', async (_, sqlOf) => {
  const [short, long] = [sqlOf(250_000), sqlOf(1_000_000)]
  const less = await cpuSeconds(() => warehouse.compile(short))
  expect((await cpuSeconds(() => warehouse.compile(long))) / less).toBeLessThan(6)
})
