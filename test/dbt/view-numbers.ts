/**
 * Every view of the repository over the published marts: its numbers against plain loops over the events, its
 * columns, grain and tables against what dbt/models/views.yml says of them.
 */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from '@jest/globals'
import { describedViews } from '../../scripts/metrics-page.ts'
import { repoRoot, type TestCloud } from '../support/cloud.ts'
import { expectedDailyViews } from './daily-truth.ts'
import { expectedViews, type Event } from './truth.ts'
import { readRows, sorted } from './warehouse.ts'

const views = join(repoRoot, 'bigquery/views/caec_insights')

/** A millionth apart is the same: NUMERIC has nine digits, a number of JavaScript fifteen. */
const rounded = (rows: readonly Record<string, unknown>[]): Record<string, unknown>[] =>
  sorted(
    rows.map((row) =>
      Object.fromEntries(
        Object.entries(row).map(([name, value]) => [
          name,
          typeof value === 'number' ? Math.round(value * 1e6) / 1e6 : value,
        ]),
      ),
    ),
  )

export async function expectViews(
  test: TestCloud,
  events: readonly Event[],
  names: ReadonlyMap<number, string>,
): Promise<void> {
  const expected = { ...expectedViews(events, names), ...expectedDailyViews(events) }
  const found: Record<string, unknown> = {}
  const described = new Map(describedViews(repoRoot).map((view) => [`${view.name}.sql`, view]))
  expect([...described.keys()].sort()).toEqual((await readdir(views)).sort())
  const texts = new Map<string, string>(
    await Promise.all(
      [...described.keys()].map(
        async (file) => [`caec_insights.${file}`, await readFile(join(views, file), 'utf8')] as const,
      ),
    ),
  )
  for (const [file, { config, depends_on }] of described) {
    // Nothing is published here: a view that reads another reads its text.
    const sql = texts
      .get(`caec_insights.${file}`)!
      .replace(/caec_insights\.\w+/g, (name) => `(\n${texts.get(`${name}.sql`)})`)
    const rows = await readRows(test, sql)
    expect([file, Object.keys(rows[0] ?? {}).sort()]).toEqual([
      file,
      [...config.meta.grain, ...Object.keys(config.meta.metrics), 'data_through'].sort(),
    ])
    expect([file, depends_on.map((ref) => ref.slice("ref('".length, -"')".length)).sort()]).toEqual([
      file,
      [...new Set([...sql.matchAll(/caec_analytics\.(\w+)/g)].map((match) => match[1]))].sort(),
    ])
    const keys = rows.map((row) => JSON.stringify(config.meta.grain.map((column) => row[column])))
    expect([file, keys.length]).toEqual([file, new Set(keys).size])
    expect([file, new Set(rows.map((row) => row.data_through))]).toEqual([
      file,
      new Set([Math.max(...events.map((event) => event.ms))]),
    ])
    found[file.replace('.sql', '')] = rounded(rows.map(({ data_through: _, ...row }) => row))
  }
  expect(found).toEqual(
    Object.fromEntries(Object.entries(expected).map(([name, rows]) => [name, rounded(rows)])),
  )
}
