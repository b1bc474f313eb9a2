/**
 * Changes a table's columns the way BigQuery allows: add nullable columns, relax REQUIRED, describe;
 * everything else is refused.
 */
import { columnDefinitions, legacyTypeName } from '../engine/data-types.ts'
import type { Session } from '../engine/database.ts'
import { quoteName, showTable } from '../engine/names.ts'
import { physicalOf, type TableRecord } from '../engine/records.ts'
import { invalid, unsupported } from '../engine/refusals.ts'
import type { FieldSchema } from '../sql/types.ts'

export interface SchemaChange {
  readonly schema: readonly FieldSchema[]
  readonly statements: readonly string[]
}

/** `after` is the whole schema the client wants. */
export function planSchemaChange(table: TableRecord, after: readonly FieldSchema[]): SchemaChange {
  const statements: string[] = []
  const refuse = (what: string): never => {
    throw invalid(`Provided Schema does not match Table ${showTable(table.reference)}. ${what}`)
  }
  const wanted = new Map(after.map((field) => [field.name.toLowerCase(), field]))
  for (const field of table.schema) {
    const next = wanted.get(field.name.toLowerCase())
    if (!next) return refuse(`Field ${field.name} is missing in new schema`)
    checkSameShape(field, next, refuse)
    if (field.mode === 'REQUIRED' && next.mode !== 'REQUIRED')
      statements.push(`ALTER TABLE ${physicalOf(table)} ALTER COLUMN ${quoteName(field.name)} DROP NOT NULL`)
    wanted.delete(field.name.toLowerCase())
  }
  for (const field of wanted.values()) {
    if (field.mode === 'REQUIRED')
      refuse(`Cannot add required fields to an existing schema. (field: ${field.name})`)
    statements.push(`ALTER TABLE ${physicalOf(table)} ADD COLUMN ${columnDefinitions([field])}`)
  }
  const added = [...wanted.values()]
  const byName = new Map(after.map((field) => [field.name.toLowerCase(), field]))
  return {
    schema: [
      ...table.schema.map((field) => ({ ...byName.get(field.name.toLowerCase())!, name: field.name })),
      ...added,
    ],
    statements,
  }
}

function checkSameShape(before: FieldSchema, after: FieldSchema, refuse: (what: string) => never): void {
  if (legacyTypeName(before.type) !== legacyTypeName(after.type))
    refuse(`Field ${before.name} has changed type from ${before.type} to ${after.type}`)
  const [was, is] = [before.mode ?? 'NULLABLE', after.mode ?? 'NULLABLE']
  if (was !== is && !(was === 'REQUIRED' && is === 'NULLABLE'))
    refuse(`Field ${before.name} has changed mode from ${was} to ${is}`)
  if (before.fields) {
    const inner = new Map((after.fields ?? []).map((field) => [field.name.toLowerCase(), field]))
    for (const field of before.fields) {
      const next = inner.get(field.name.toLowerCase())
      if (!next) return refuse(`Field ${before.name}.${field.name} is missing in new schema`)
      checkSameShape(field, next, refuse)
    }
    if (inner.size !== before.fields.length)
      throw unsupported(`Adding fields inside the record ${before.name}`)
  }
}

/** Descriptions and columns given for a view must fit what its query gives. */
export function describeViewSchema(
  computed: readonly FieldSchema[],
  given: readonly FieldSchema[] | undefined,
  table: string,
): readonly FieldSchema[] {
  if (!given) return computed
  const isSame =
    given.length === computed.length &&
    given.every(
      (field, index) =>
        field.name.toLowerCase() === computed[index]!.name.toLowerCase() &&
        legacyTypeName(field.type) === legacyTypeName(computed[index]!.type),
    )
  if (!isSame)
    throw invalid(
      `The schema given for view ${table} does not match the columns of its query: ${computed.map((field) => `${field.name} ${field.type}`).join(', ')}`,
    )
  return computed.map((field, index) => ({
    ...field,
    ...(given[index]!.description ? { description: given[index]!.description } : {}),
  }))
}

export async function applyStatements(session: Session, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await session.run(statement)
}
