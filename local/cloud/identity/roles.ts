/**
 * What each role contains: Google's predefined lists (a dated data file), our custom roles, BigQuery's legacy
 * names. An unknown role contains nothing.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const predefined = (
  JSON.parse(readFileSync(join(import.meta.dirname, 'predefined-roles.json'), 'utf8')) as {
    roles: Record<string, string[]>
  }
).roles

/** https://cloud.google.com/bigquery/docs/access-control-basic-roles#dataset-basic-roles */
const legacy: Readonly<Record<string, string>> = {
  READER: 'roles/bigquery.dataViewer',
  WRITER: 'roles/bigquery.dataEditor',
  OWNER: 'roles/bigquery.dataOwner',
}

export type RoleBook = ReadonlyMap<string, ReadonlySet<string>>

export function createRoleBook(
  project: string,
  customRoles: Readonly<Record<string, { readonly permissions: readonly string[] }>>,
): RoleBook {
  const book = new Map<string, ReadonlySet<string>>(
    Object.entries(predefined).map(([name, permissions]) => [name, new Set(permissions)]),
  )
  for (const [name, role] of Object.entries(legacy)) book.set(name, book.get(role)!)
  for (const [name, { permissions }] of Object.entries(customRoles))
    book.set(`projects/${project}/roles/${name}`, new Set(permissions))
  return book
}
