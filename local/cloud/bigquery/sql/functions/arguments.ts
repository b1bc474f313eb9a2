/** Counting and converting the arguments of a call whose row resolves them itself. */
import { invalid, type Position } from '../refusal.ts'
import type { Call } from '../parse/syntax.ts'
import { coerce } from '../values/coerce.ts'
import type { GType } from '../values/gtype.ts'
import type { Value } from '../values/value.ts'

export function arity(call: Call & { at: Position }, least: number, most = least): void {
  if (call.args.length < least || call.args.length > most)
    throw invalid(
      `No matching signature for function ${call.name} with ${call.args.length} arguments`,
      call.at,
    )
}

export const asType = (value: Value, type: GType, call: Call & { at: Position }): Value =>
  coerce(value, type, call.at, `Argument of ${call.name}`)
