/** The marts as their contracts in dbt's YAML describe them, for tests that need the tables and no dbt. */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { parse } from 'yaml'
import { repoRoot } from './cloud.ts'

interface Contract {
  readonly models: readonly {
    readonly name: string
    readonly columns: readonly { readonly name: string; readonly data_type: string }[]
  }[]
}

/** Name → column list as CREATE TABLE takes it. */
export function martColumns(): ReadonlyMap<string, string> {
  const folder = path.join(repoRoot, 'dbt/models/marts')
  const files = readdirSync(folder).filter((name) => name.endsWith('.yml'))
  const models = files.flatMap(
    (name) => (parse(readFileSync(path.join(folder, name), 'utf8')) as Contract).models,
  )
  return new Map(
    models.map(({ name, columns }) => [
      name,
      columns
        .map((column) => `${column.name} ${column.data_type === 'boolean' ? 'bool' : column.data_type}`)
        .join(', '),
    ]),
  )
}
