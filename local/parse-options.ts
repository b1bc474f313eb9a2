/** The options of a command, each given once; it refuses to let the last one win in silence. */
import { parseArgs, type ParseArgsConfig } from 'node:util'
import { UsageError } from './usage-error.ts'

/** As `parseArgs`; a switch says the same twice, and an option that is `multiple` means it. */
export function parseOptions<T extends ParseArgsConfig>(
  config: T,
): ReturnType<typeof parseArgs<T & { tokens: true }>> {
  const parsed = parseArgs({ ...config, tokens: true as const })
  const seen = new Set<string>()
  for (const token of parsed.tokens ?? []) {
    if (token.kind !== 'option') continue
    const option = config.options?.[token.name]
    if (option?.type !== 'string' || option.multiple) continue
    if (seen.has(token.name)) throw new UsageError(`${token.rawName} is given twice; give it once.`)
    seen.add(token.name)
  }
  return parsed
}
