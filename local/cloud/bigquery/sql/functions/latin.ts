/**
 * BYTES as a text of one letter a byte, on which the functions of STRING do the same as on the bytes; a regular
 * expression that knows letters (classes by name, no matter the case) is refused.
 */
import { unsupported } from '../refusal.ts'
import { isScalar } from '../values/gtype.ts'
import { quoteText, type Value } from '../values/value.ts'
import type { Emit, Signature } from './row.ts'

type Emitter = (args: string[], how: Emit) => string

const textOf = (sql: string, { type, literal }: Value): string => {
  if (!isScalar(type, 'BYTES')) return sql
  return literal === undefined || literal.includes('\0') ? `own_latin1_of_bytes(${sql})` : quoteText(literal)
}

const BACK: Readonly<Record<string, (text: string) => string>> = {
  BYTES: (text) => `own_bytes_of_latin1(${text})`,
  'ARRAY<BYTES>': (texts) => `list_transform(${texts}, lambda part: own_bytes_of_latin1(part))`,
  INT64: (number) => number,
  BOOL: (truth) => truth,
}

/** The form for BYTES of what `emit` does with STRING. */
export const overLatin =
  (gives: keyof typeof BACK, emit: Emitter): Signature['emit'] =>
  (args, how) =>
    BACK[gives]!(
      emit(
        args.map((sql, i) => textOf(sql, how.values[i]!)),
        how,
      ),
    )

/** The same, where the second argument is a regular expression. */
export const overLatinPattern =
  (gives: keyof typeof BACK, emit: Emitter): Signature['emit'] =>
  (args, how) => {
    const pattern = how.values[1]!.literal
    if (pattern === undefined)
      throw unsupported('A regular expression on BYTES that is not a literal', how.at)
    if (/\\[pPC]|\(\?[a-zA-Z]*i/.test(pattern))
      throw unsupported('A regular expression on BYTES that knows letters', how.at)
    return overLatin(gives, emit)(args, how)
  }
