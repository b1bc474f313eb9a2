/**
 * Random queries, answered by this language and by an independent translation (sqlglot) on a DuckDB of its own: where
 * both accept a query, the rows are the same; where the translation errs, this says what it should have been.
 */
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { ensureChecks } from '../../../local/toolchain/index.ts'
import { COLUMNS, Random } from './random-queries.ts'
import { openWarehouse, type Warehouse } from './warehouse.ts'

const [seed, wanted] = [Number(process.env.RANDOM_SEED ?? 20260301), 400]

/** Where the translation errs and the documentation says so: what it should have been. */
const MENDED = [
  // COUNTIF of no row, or of NULLs, is 0; DuckDB's count_if answers NULL.
  { from: 'COUNT_IF(', to: 'COUNT(*) FILTER (WHERE ' },
  // DAYOFWEEK is 1 on a Sunday; DuckDB begins with 0.
  { from: 'EXTRACT(DAYOFWEEK FROM ', to: 'from_sunday(' },
] as const

let [warehouse, other]: [Warehouse, DuckDBConnection] = [undefined!, undefined!]
beforeAll(async () => {
  warehouse = await openWarehouse()
  other = await (await DuckDBInstance.create(':memory:')).connect()
  await other.run("SET TimeZone = 'UTC'")
  await other.run('CREATE SCHEMA d')
  await other.run('CREATE MACRO from_sunday(day) AS 1 + EXTRACT(DAYOFWEEK FROM day)')
  const random = new Random(seed)
  for (const [name, count] of [
    ['d.a', 40],
    ['d.b', 25],
  ] as const) {
    const values = random.rows(count)
    await warehouse.table(name, COLUMNS)
    await warehouse.run(`INSERT INTO ${name} (id, i, j, f, s, d, b) VALUES ${values.bigquery}`)
    await other.run(
      `CREATE TABLE ${name} (id BIGINT, i BIGINT, j BIGINT, f DOUBLE, s VARCHAR, d DATE, b BOOLEAN)`,
    )
    await other.run(`INSERT INTO ${name} VALUES ${values.duckdb}`)
  }
})
afterAll(() => {
  warehouse.close()
  other.closeSync()
})

type Cell = string | number | boolean | null
function cell(value: unknown, type: string): Cell {
  if (value === null || value === undefined) return null
  if (['INTEGER', 'FLOAT', 'NUMERIC'].includes(type)) return Number(value)
  if (type === 'DATE') return String(value).slice(0, 10)
  return typeof value === 'boolean' ? value : String(value)
}
/** Digits that the order of a sum decides do not count. */
const written = (row: readonly Cell[]): string =>
  JSON.stringify(row.map((value) => (typeof value === 'number' ? Number(value.toPrecision(10)) + 0 : value)))

async function otherRows(sql: string, types: readonly string[]): Promise<Cell[][] | undefined> {
  try {
    const reader = await other.runAndReadAll(sql)
    return reader.getRowsJson().map((row) => row.map((value, at) => cell(value, types[at]!)))
  } catch {
    return undefined
  }
}

it(`${wanted} random queries answer as an independent translation of them`, async () => {
  const { python } = await ensureChecks(() => undefined)
  const random = new Random(seed + 1)
  const queries = [...new Set(Array.from({ length: wanted }, () => random.query()))]
  const { stdout, stderr } = spawnSync(python, ['-I', join(import.meta.dirname, 'translate.py')], {
    input: queries.map((query) => `${JSON.stringify(query)}\n`).join(''),
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  const translated = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as string | null)
    .map((text) => MENDED.reduce((now, { from, to }) => now?.replaceAll(from, to) ?? null, text))
  expect([translated.length, stderr]).toEqual([queries.length, ''])
  const differences: unknown[] = []
  const refused: string[] = []
  let compared = 0
  for (const [at, query] of queries.entries()) {
    const ours = await warehouse.run(query).catch((error: unknown) => (error as Error).message)
    if (typeof ours === 'string') {
      refused.push(`${ours}: ${query}`)
      continue
    }
    const types = ours.schema.map(({ type }) => type)
    const theirs = translated[at] === null ? undefined : await otherRows(translated[at]!, types)
    if (!theirs) continue
    compared += 1
    const own = ours.rows.map((row) => written(row.map((value, i) => cell(value, types[i]!))))
    const their = theirs.map(written)
    const isOrdered = / ORDER BY o\b/.test(query)
    const same = isOrdered
      ? JSON.stringify(own) === JSON.stringify(their)
      : JSON.stringify(own.sort()) === JSON.stringify(their.sort())
    if (!same)
      differences.push({
        ...{ query, translated: translated[at] },
        own: own.filter((row) => !their.includes(row)).slice(0, 3),
        their: their.filter((row) => !own.includes(row)).slice(0, 3),
      })
  }
  if (process.env.SHOW_REFUSED) console.log(refused.join('\n'))
  if (process.env.SHOW_REFUSED) console.log(compared)
  expect(differences).toEqual([])
  expect(compared).toBeGreaterThanOrEqual(200)
})
