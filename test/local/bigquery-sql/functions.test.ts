/** Every function of the language against its documented examples: a row without an example is a failure. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { functionRows } from '../../../local/cloud/bigquery/sql/functions/table.ts'
import { rounded } from './rounded.ts'
import { openWarehouse, type Warehouse } from './warehouse.ts'

let warehouse: Warehouse
beforeAll(async () => {
  warehouse = await openWarehouse()
})
afterAll(() => warehouse.close())

describe('functions', () => {
  it('have at least one documented example each', () => {
    expect(functionRows.filter((row) => row.examples.length === 0).map((row) => row.name)).toEqual([])
  })

  const cases = functionRows.flatMap((row) => row.examples.map((example) => ({ name: row.name, ...example })))
  it.each(cases)('$name: $sql', async ({ sql, rows, error }) => {
    if (error !== undefined) await expect(warehouse.run(sql)).rejects.toThrow(error)
    else expect(rounded((await warehouse.run(sql)).rows)).toEqual(rounded(rows))
  })
})
