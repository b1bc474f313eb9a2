/** An action that a step uses, read from its file: what every stage of it is made from. */
import type { ActionFile } from './action-file.ts'
import type { Value } from './expressions.ts'
import type { Source } from './source.ts'

export interface FoundAction {
  readonly action: ActionFile
  /** The repository of the action's file: what `$/` inside it means. */
  readonly file: Source
  /** What it sets of the github context. */
  readonly github: Readonly<Record<string, Value>>
}
