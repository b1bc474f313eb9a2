/** All functions of the language by name, one row each; a name given twice is a mistake found at start. */
import type { FunctionRow } from './row.ts'
import { aggregateRows } from './aggregates.ts'
import { approximateRows } from './approximate.ts'
import { arrayRows } from './arrays.ts'
import { bitRows } from './bits.ts'
import { conditionalRows } from './conditionals.ts'
import { conversionRows } from './conversions.ts'
import { currentRows } from './current.ts'
import { dateRows } from './dates.ts'
import { fingerprintRows } from './fingerprints.ts'
import { formatRows } from './formats.ts'
import { groupingRows } from './grouping.ts'
import { hashRows } from './hashes.ts'
import { hyperbolicRows } from './hyperbolic.ts'
import { intervalRows } from './intervals.ts'
import { jsonRows } from './json.ts'
import { jsonChangingRows } from './json-changing.ts'
import { jsonMakingRows } from './json-making.ts'
import { jsonValueRows } from './json-values.ts'
import { mathRows } from './mathematics.ts'
import { netRows } from './nets.ts'
import { parseFormatRows } from './parse-formats.ts'
import { printfRows } from './printf.ts'
import { regexpRows } from './regexps.ts'
import { moreStringRows } from './more-strings.ts'
import { statisticRows } from './statistics.ts'
import { stringRows } from './strings.ts'
import { timeRows } from './times.ts'
import { timestampRows } from './timestamps.ts'
import { trigonometryRows } from './trigonometry.ts'
import { windowRows } from './windows.ts'

export const functionRows: readonly FunctionRow[] = [
  ...aggregateRows,
  ...approximateRows,
  ...groupingRows,
  ...arrayRows,
  ...conditionalRows,
  ...currentRows,
  ...dateRows,
  ...timestampRows,
  ...formatRows,
  ...parseFormatRows,
  ...timeRows,
  ...hashRows,
  ...netRows,
  ...intervalRows,
  ...conversionRows,
  ...jsonRows,
  ...jsonMakingRows,
  ...jsonChangingRows,
  ...jsonValueRows,
  ...mathRows,
  ...bitRows,
  ...regexpRows,
  ...stringRows,
  ...moreStringRows,
  ...fingerprintRows,
  ...printfRows,
  ...statisticRows,
  ...trigonometryRows,
  ...hyperbolicRows,
  ...windowRows,
]

const byName = new Map<string, FunctionRow>()
for (const row of functionRows) {
  if (byName.has(row.name)) throw new Error(`function ${row.name} has two rows`)
  byName.set(row.name, row)
}
export const findFunction = (name: string): FunctionRow | undefined => byName.get(name)
