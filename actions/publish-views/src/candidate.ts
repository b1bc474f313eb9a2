/** A file that was read, and the names that its text holds. */
import type { TableName } from '../../_shared/dataset.ts'
import type { ViewDefinition } from './definition.ts'
import { scanReferences } from './sql.ts'

export interface Candidate {
  readonly name: TableName
  readonly file: string
  readonly definition: ViewDefinition
  /** Names found in the text. */
  readonly references: readonly TableName[]
}

/** @param functions keys of those that are published too: only their calls are references. */
export const candidate = (
  file: { name: TableName; file: string },
  definition: ViewDefinition,
  projectId: string,
  functions: ReadonlySet<string>,
): Candidate => ({
  name: file.name,
  file: file.file,
  definition,
  // JavaScript reads no table.
  references:
    definition.routine?.language === undefined ? scanReferences(definition.query, projectId, functions) : [],
})
