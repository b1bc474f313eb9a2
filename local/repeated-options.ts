/** Finds an option that was given twice; it refuses to let the last one win in silence. */
import { UsageError } from './usage-error.ts'

type Token = { readonly kind: string; readonly name?: string; readonly rawName?: string }

/** `tokens` of util.parseArgs; a switch says the same twice, and an option that is `multiple` means it. */
export function refuseRepeated(
  tokens: readonly Token[] | undefined,
  options: Readonly<Record<string, { readonly type: string; readonly multiple?: boolean }>>,
): void {
  const seen = new Set<string>()
  for (const { kind, name, rawName } of tokens ?? []) {
    if (kind !== 'option' || name === undefined) continue
    const option = options[name]
    if (option?.type !== 'string' || option.multiple) continue
    if (seen.has(name)) throw new UsageError(`${rawName} is given twice; give it once.`)
    seen.add(name)
  }
}
