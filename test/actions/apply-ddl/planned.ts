/** A table as it stands, a file beside it, and the step that apply-ddl plans for the two. */
import type { ExistingTable } from '../../../actions/_shared/dataset.ts'
import { planTables } from '../../../actions/apply-ddl/src/plan.ts'
import { readStatement } from '../../../actions/apply-ddl/src/statement.ts'

export const name = (tableId: string) => ({ projectId: 'p', datasetId: 'd', tableId })
export const BODY = '(day DATE, id INT64 NOT NULL, place STRUCT<city STRING>) PARTITION BY day CLUSTER BY id'
export const OURS = { 'clickstream-owner': 'octo-clicks' }
export const nothingAllowed = {
  location: 'EU',
  owner: 'octo-clicks',
  isAdopting: false,
  isBreakingAllowed: false,
  isDestructiveAllowed: false,
}
export const existing = (over: Partial<ExistingTable> = {}): ExistingTable => ({
  type: 'TABLE',
  etag: 'e1',
  labels: OURS,
  clustering: ['id'],
  isFilterRequired: false,
  timePartitioning: { type: 'DAY', field: 'day' },
  // As Google answers: a member that this action does not know, and modes left out.
  columns: [
    { name: 'day', type: 'DATE' },
    { name: 'id', type: 'INTEGER', mode: 'REQUIRED', policyTags: { names: ['secret'] } },
    { name: 'place', type: 'RECORD', fields: [{ name: 'city', type: 'STRING', mode: 'NULLABLE' }] },
  ],
  ...over,
})
export function table(body: string, found: ExistingTable | undefined = existing(), tableId = 't') {
  const sql = `CREATE TABLE d.${tableId} ${body}`
  return {
    name: name(tableId),
    file: `ddl/d/${tableId}.sql`,
    sql,
    desired: readStatement(sql, name(tableId)),
    existing: found,
  }
}
export const plan = (body: string, found?: ExistingTable, allowed: Partial<typeof nothingAllowed> = {}) =>
  planTables(
    { ...nothingAllowed, ...allowed },
    { projectId: 'p', datasets: [], tables: [table(body, found)] },
  ).steps[0]!
export const columns = existing().columns
export const PLAIN = { clustering: [], timePartitioning: undefined }
