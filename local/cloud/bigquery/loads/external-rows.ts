/** The files of an external table as rows, for one statement, with the rights of who reads. */
import type { Principal } from '../../kernel.ts'
import { duckdbType } from '../engine/data-types.ts'
import type { Session } from '../engine/database.ts'
import { quoteName } from '../engine/names.ts'
import { loadBodyOf } from '../resources/external.ts'
import type { Room } from '../room.ts'
import type { FieldSchema, TableReference } from '../sql/types.ts'
import { readLoadConfig, type LoadConfig } from './load-config.ts'
import { extensionOf } from './load-job.ts'
import { selectFiles } from './load-rows.ts'
import { findSources, withLinkedFiles } from './sources.ts'

interface External {
  readonly reference: TableReference
  readonly external: Readonly<Record<string, unknown>>
  /** Known columns; else the files tell. */
  readonly schema?: readonly FieldSchema[]
  /** Types of hive partition columns, where `schema` does not have them. */
  readonly hiveColumns?: readonly FieldSchema[]
}
let made = 0

/** What the table's columns are; the files are asked only for what is not said. */
export async function describeFiles(
  room: Room,
  principal: Principal,
  session: Session,
  table: External,
): Promise<readonly FieldSchema[]> {
  const config = configOf(room, table)
  if (config.schema && !config.hive) return config.schema
  return read(room, principal, session, config, async ({ schema }) => schema)
}

/** Name of a relation of this session that holds the rows. */
export async function materialiseFiles(
  room: Room,
  principal: Principal,
  session: Session,
  table: External,
): Promise<string> {
  const relation = quoteName(`external_${made++}`)
  return read(room, principal, session, configOf(room, table), async ({ schema, select }) => {
    const columns = schema.map((field) => `${quoteName(field.name)} ${duckdbType(field)}`).join(', ')
    await session.run(`CREATE TEMP TABLE ${relation} (${columns})`)
    await session.run(`INSERT INTO ${relation} ${select}`)
    return `"temp"."main".${relation}`
  })
}

function configOf(room: Room, { reference, external, schema, hiveColumns }: External): LoadConfig {
  const known = schema && schema.length > 0 ? schema : undefined
  const declared = hiveColumns ?? known
  const given = readLoadConfig(room, {
    ...loadBodyOf(external),
    ...(known ? { schema: { fields: known } } : {}),
    destinationTable: reference,
  })
  return {
    ...given,
    // Columns that were read from the files have a header above them still.
    hasSchema: known !== undefined && !given.isAutodetect,
    ...(declared ? { hiveColumns: declared } : {}),
  }
}

async function read<T>(
  room: Room,
  principal: Principal,
  session: Session,
  config: LoadConfig,
  use: (found: { schema: readonly FieldSchema[]; select: string }) => Promise<T>,
): Promise<T> {
  const sources = await findSources(room, principal, config.sourceUris)
  return withLinkedFiles(room, sources, extensionOf(config), async (files) =>
    use(await selectFiles({ session, config, files }, undefined)),
  )
}
