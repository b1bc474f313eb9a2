/** The kinds of objects CREATE, DROP and ALTER may name; those that are not there are refused by name. */
import { unsupported } from '../../refusal.ts'
import type { Cursor } from '../cursor.ts'

const KINDS = [
  'TABLE FUNCTION',
  'TABLE',
  'VIEW',
  'MATERIALIZED VIEW',
  'SNAPSHOT TABLE',
  'EXTERNAL TABLE',
  'SCHEMA',
  'AGGREGATE FUNCTION',
  'FUNCTION',
  'PROCEDURE',
] as const
export type ObjectKind = (typeof KINDS)[number]

/** What GRANT and REVOKE name. */
export const GRANTED = ['SCHEMA', 'TABLE', 'VIEW', 'MATERIALIZED VIEW', 'EXTERNAL TABLE'] as const
export type GrantResource = (typeof GRANTED)[number]

const OTHERS = [
  'EXTERNAL SCHEMA',
  'EXTERNAL',
  'MODEL',
  'SEARCH INDEX',
  'VECTOR INDEX',
  'ROW ACCESS POLICY',
  'ALL ROW ACCESS POLICIES',
  'CONNECTION',
  'RESERVATION',
  'ASSIGNMENT',
  'CAPACITY',
  'SEQUENCE',
  'PUBLIC SYNONYM',
]

export function acceptKind(cursor: Cursor, verb: string): ObjectKind {
  const at = cursor.at
  const kind = KINDS.find((words) => cursor.acceptWord(words))
  if (kind) return kind
  const other = OTHERS.find((words) => cursor.isWord(words))
  throw other ? unsupported(`${verb} ${other}`, at) : cursor.unexpected()
}
