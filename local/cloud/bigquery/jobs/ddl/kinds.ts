/** Which kind of object a statement means, and the refusal when the name stands for another one. */
import { showTable } from '../../engine/names.ts'
import { kindOf, type ShownKind, type TableRecord } from '../../engine/records.ts'
import { invalidQuery } from '../../engine/refusals.ts'
import type { StatementType } from '../../sql/types.ts'

export function wantedKind(type: StatementType): ShownKind {
  if (type.endsWith('EXTERNAL_TABLE')) return 'EXTERNAL'
  if (type.endsWith('MATERIALIZED_VIEW')) return 'MATERIALIZED_VIEW'
  if (type.endsWith('VIEW')) return 'VIEW'
  return type.endsWith('SNAPSHOT_TABLE') ? 'SNAPSHOT' : 'TABLE'
}

export function requireKind(table: TableRecord, type: StatementType): void {
  const [is, wanted] = [kindOf(table), wantedKind(type)]
  if (is === wanted) return
  throw invalidQuery(
    type.startsWith('DROP')
      ? `Cannot drop ${showTable(table.reference)} which has type ${is}. An object of type ${wanted} was expected.`
      : `${showTable(table.reference)} is not allowed for this operation because it is currently a ${is}.`,
  )
}
