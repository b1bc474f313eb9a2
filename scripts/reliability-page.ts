/**
 * Writes docs/reliability.md from the recorded table of faults: what each action does when the network or
 * Google has a bad day. It refuses to say of a fault what no run showed.
 */
import { readFileSync } from 'node:fs'
import path from 'node:path'

/** action → fault → `goes on`, or the problem that the step names. */
type Table = Readonly<Record<string, Readonly<Record<string, string>>>>

export function reliabilityPage(
  root: string,
  table: (heads: readonly string[], rows: readonly (readonly string[])[]) => string,
  between: (document: string, marker: string, body: string, file: string) => string,
): { file: string; text: string } {
  const file = 'docs/reliability.md'
  const recorded = JSON.parse(readFileSync(path.join(root, 'test/contract/faults.json'), 'utf8')) as Table
  const actions = Object.keys(recorded)
  const faults = [...new Set(actions.flatMap((action) => Object.keys(recorded[action] ?? {})))]
  const cell = (said: string | undefined): string =>
    said === undefined
      ? 'not tried'
      : said === 'goes on'
        ? said
        : `stops: [${said}](troubleshooting.md#${said})`
  const rows = faults.map((fault) => [fault, ...actions.map((action) => cell(recorded[action]?.[fault]))])
  const text = readFileSync(path.join(root, file), 'utf8')
  return {
    file,
    text: between(text, 'faults', table(['Fault', ...actions.map((name) => `\`${name}\``)], rows), file),
  }
}
