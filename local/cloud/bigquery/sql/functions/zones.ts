/** Time zone arguments: constants are checked now; UTC becomes no zone at all, the fast and exact path. */
import { unsupported, type Position } from '../refusal.ts'
import { zoneText } from '../values/temporal.ts'
import type { Value } from '../values/value.ts'

/** DuckDB text of the zone, or undefined for UTC. */
export function zoneOf(value: Value | undefined, at: Position): string | undefined {
  if (!value) return undefined
  if (value.literal === undefined) throw unsupported('A time zone that is not a string literal', at)
  return zoneText(value.literal, at)
}
