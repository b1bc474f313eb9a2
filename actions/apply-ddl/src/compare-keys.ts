/**
 * Compares keys and defaults with what the file names; it refuses to take away what the file does not name.
 */
import type { ExistingTable, TableConstraints } from '../../_shared/dataset.ts'
import type { ForeignKey, Keys } from './columns.ts'

export interface KeyChange {
  readonly reasons: readonly string[]
  readonly alters: readonly string[]
}
const quoted = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ')
const same = (a: readonly string[], b: readonly string[]): boolean =>
  a.join().toLowerCase() === b.join().toLowerCase()

export function compareKeys({ constraints }: Pick<ExistingTable, 'constraints'>, keys: Keys): KeyChange {
  const reasons: string[] = []
  const alters: string[] = []
  const primary = constraints?.primaryKey?.columns ?? []
  if (keys.primaryKey !== undefined && !same(primary, keys.primaryKey)) {
    reasons.push(`primary key ${keys.primaryKey.join(', ')} instead of ${primary.join(', ') || 'none'}`)
    if (primary.length > 0) alters.push('DROP PRIMARY KEY')
    alters.push(`ADD PRIMARY KEY (${quoted(keys.primaryKey)}) NOT ENFORCED`)
  }
  for (const key of keys.foreignKeys) {
    if (constraints?.foreignKeys?.some((found) => isSame(found, key))) continue
    const table = key.table.split('.').at(-1)
    reasons.push(`foreign key ${key.columns.join(', ')} to ${table}`)
    const taken = constraints?.foreignKeys?.some(({ name }) => name !== undefined && name === key.name)
    if (taken === true) alters.push(`DROP CONSTRAINT \`${key.name}\``)
    alters.push(
      `ADD ${key.name === undefined ? '' : `CONSTRAINT \`${key.name}\` `}FOREIGN KEY (${quoted(key.columns)}) REFERENCES \`${key.table}\` (${quoted(key.referenced)}) NOT ENFORCED`,
    )
  }
  return { reasons, alters }
}

function isSame(found: NonNullable<TableConstraints['foreignKeys']>[number], key: ForeignKey): boolean {
  const references = found.columnReferences ?? []
  const parts = key.table.split('.')
  const [dataset, table] = parts.slice(-2)
  const project = parts.slice(0, -2).join('.')
  return (
    (project === '' || found.referencedTable.projectId === project) &&
    found.referencedTable.tableId === table &&
    found.referencedTable.datasetId === dataset &&
    same(
      references.map(({ referencingColumn }) => referencingColumn),
      key.columns,
    ) &&
    same(
      references.map(({ referencedColumn }) => referencedColumn),
      key.referenced,
    )
  )
}
