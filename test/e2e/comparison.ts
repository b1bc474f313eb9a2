/**
 * Holds a report against the second computation and names what differs; it refuses to round anything but the
 * last bits of a floating point sum.
 */
import type { Report } from '../support/demo-run.ts'
import { VIEW_TRUTHS, type Row, type Truths } from './truths.ts'

const asText = (row: Row): string =>
  JSON.stringify(
    Object.fromEntries(
      Object.entries(row)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, value]) => [name, typeof value === 'number' ? Number(value.toFixed(6)) : value]),
    ),
  )
const pick = (row: Row, columns: readonly string[]): Row =>
  Object.fromEntries(columns.map((column) => [column, row[column] ?? null]))

/** Both sides of one view as sorted texts, in the columns of the truth. */
export async function bothSides(
  report: Report,
  truths: Truths,
  view: string,
): Promise<{ found: string[]; expected: string[] }> {
  const expected = await truths.rows(VIEW_TRUTHS[view] ?? '')
  const columns = Object.keys(expected[0] ?? {})
  return {
    found: (report.views[view] ?? []).map((row) => asText(pick(row, columns))).sort(),
    expected: expected.map(asText).sort(),
  }
}

export interface ExpectedStages {
  readonly raw: Report['stages']['raw']
  readonly clean: Report['stages']['clean']
  readonly sessions: Report['stages']['sessions']
}

/** `rejected`: how many bad rows the file had beside those the truths were computed from. */
export async function expectedStages(truths: Truths, rejected = 0): Promise<ExpectedStages> {
  const [counted] = await truths.rows(
    'SELECT (SELECT COUNT(*) FROM raw) AS raw, (SELECT COUNT(*) FROM events) AS clean, (SELECT COUNT(*) FROM sessions) AS sessions',
  )
  const [raw, clean, sessions] = [Number(counted?.raw), Number(counted?.clean), Number(counted?.sessions)]
  return {
    raw: { rows: raw + rejected },
    clean: { rows: clean, rejected, duplicates: raw - clean, quarantined: 0 },
    sessions: { rows: sessions, events: clean },
  }
}

/** Names of the stages and views that are not what they should be. */
export async function namesOfDifferences(report: Report, truths: Truths, rejected = 0): Promise<string[]> {
  const stages = await expectedStages(truths, rejected)
  const { reasons: _reasons, ...clean } = report.stages.clean
  const shown = { ...report.stages, clean }
  const names: string[] = (['raw', 'clean', 'sessions'] as const).filter(
    (stage) => JSON.stringify(sorted(shown[stage])) !== JSON.stringify(sorted(stages[stage])),
  )
  for (const view of Object.keys(VIEW_TRUTHS)) {
    const { found, expected } = await bothSides(report, truths, view)
    if (found.length === 0 || found.join('\n') !== expected.join('\n')) names.push(view)
  }
  return names
}

const sorted = (value: object): [string, unknown][] =>
  Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
