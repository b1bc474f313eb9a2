/** Every function of the language against its documented examples: a row without an example is a failure. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { isOfBigQuery } from '../../../local/cloud/bigquery/sql/functions/missing.ts'
import { functionRows } from '../../../local/cloud/bigquery/sql/functions/table.ts'
import { rounded } from './rounded.ts'
import { openWarehouse, type Warehouse } from './warehouse.ts'

const TAKE_NULL = ['COALESCE', 'IF', 'IFNULL', 'NULLIF', 'TO_JSON_STRING', 'JSON_KEYS', 'TYPEOF']
const SAMPLES: Readonly<Record<string, string>> = {
  STRING: "'a'",
  BYTES: "b'a'",
  BOOL: 'TRUE',
  FLOAT64: '1.5',
  NUMERIC: "NUMERIC '1.5'",
  DATE: "DATE '2020-01-01'",
  DATETIME: "DATETIME '2020-01-01 00:00:00'",
  TIME: "TIME '10:00:00'",
  TIMESTAMP: "TIMESTAMP '2020-01-01 00:00:00'",
  JSON: "JSON '1'",
  'ARRAY<STRING>': "['a']",
  'ARRAY<T>': '[1]',
  'ARRAY<INT64>': '[1]',
}

/** Each form of each function with a NULL in one place after the other, where no literal is asked for. */
function* callsWithNull(): Iterable<string> {
  for (const row of functionRows)
    if (row.shape === 'scalar' && !row.resolve && !TAKE_NULL.includes(row.name))
      for (const { text } of row.signatures) {
        const types = text
          .split('->')[0]!
          .split(',')
          .map((type) => type.trim())
        for (const [i, at] of types.entries()) {
          if (at === '' || at.includes('!')) continue
          const null_ =
            at === 'INTERVAL'
              ? 'MAKE_INTERVAL((SELECT CAST(NULL AS INT64) FROM UNNEST([1])))'
              : `(SELECT CAST(NULL AS ${at.replace(/[?*]$/, '').replace(/^(T|ANY)$|T(?=>)/, 'INT64')}) FROM UNNEST([1]))`
          const literal = row.family === 'JSON' ? "'$'" : undefined
          const args = types.map((type, j) =>
            j === i
              ? null_
              : (((type.includes('!') && literal) || SAMPLES[type.replace(/[?*!]+$/, '')]) ?? '1'),
          )
          const call = `${row.name}(${args.join(', ')})`
          // No result has this type.
          yield `SELECT ${text.endsWith('-> INTERVAL') ? `CAST(${call} AS STRING)` : call}`
        }
      }
}

let warehouse: Warehouse
beforeAll(async () => {
  warehouse = await openWarehouse()
})
afterAll(() => warehouse.close())

describe('functions', () => {
  it('have at least one documented example each', () => {
    expect(functionRows.filter((row) => row.examples.length === 0).map((row) => row.name)).toEqual([])
  })

  it('are not said to be missing', () => {
    expect(functionRows.filter(({ name }) => isOfBigQuery(name)).map(({ name }) => name)).toEqual([])
  })

  it('give NULL for a NULL in any place, as a column or a query', async () => {
    const wrong: unknown[] = []
    for (const sql of callsWithNull()) {
      const answer = await warehouse.run(sql).then(
        ({ rows }) => rows[0]![0],
        ({ message }: Error) =>
          /\b(literals?|mode|zone|several lines|to digits)\b/.test(message) ? null : message,
      )
      if (answer !== null) wrong.push([sql, answer])
    }
    expect(wrong).toEqual([])
  })

  const cases = functionRows.flatMap((row) => row.examples.map((example) => ({ name: row.name, ...example })))
  it.each(cases)('$name: $sql', async ({ sql, rows, error }) => {
    if (error !== undefined) await expect(warehouse.run(sql)).rejects.toThrow(error)
    else expect(rounded((await warehouse.run(sql)).rows)).toEqual(rounded(rows))
  })
})
