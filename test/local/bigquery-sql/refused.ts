/** What a statement that must fail says: a refusal of BigQuery's kind, and never in the words of the engine below. */
import { expect } from '@jest/globals'
import type { Warehouse } from './warehouse.ts'

const ENGINE =
  /DuckDB|(Binder|Catalog|Parser|Conversion|Invalid Input|Out of Range|IO) Error|\bINT(8|16|32|128)\b|"main"|LINE \d|\/tmp/

export async function expectRefused(warehouse: Warehouse, sql: string, says: string | RegExp): Promise<void> {
  const error = await warehouse.run(sql).then(
    () => new Error('was accepted'),
    (found: unknown) => found as Error,
  )
  expect(() => {
    throw error
  }).toThrow(says)
  expect([400, 404]).toContain((error as { status?: number }).status)
  expect(error.message).not.toMatch(ENGINE)
}
