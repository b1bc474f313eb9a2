import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { Report } from '../../../local/demo/page.ts'
import { viewNames } from '../../../local/demo/view-names.ts'
import { headline, makeReport, writeReport } from '../../../local/demo/report.ts'
import type { StageCounts } from '../../../local/demo/report.ts'

const repositoryRoot = resolve(import.meta.dirname, '../../..')
const counts: StageCounts = {
  raw: 12,
  clean: 9,
  rejected: 2,
  duplicates: 1,
  quarantined: 0,
  sessions: 4,
  sessionEvents: 9,
}
const views = {
  ...Object.fromEntries(viewNames.map((name) => [name, []])),
  kpi_daily_sessions: [{ sessions: 1 }, { sessions: 3 }],
  kpi_event_volume_by_type: [{ events: 4 }, { events: 5 }],
  kpi_conversion_rate: [
    { sessions: 1, sessions_with_purchase: 1 },
    { sessions: 3, sessions_with_purchase: 0 },
  ],
}
const given = {
  project: 'p',
  input: { sha256: 'a'.repeat(64), name: 'e.csv' },
  counts,
  views,
  timings: { upload: 1.26 },
}

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'report '))
})
afterEach(async () => {
  await rm(directory, { recursive: true, force: true })
})

describe('report.json', () => {
  it('follows its schema and states the headline from additive counts', async () => {
    const report = makeReport(given)
    await writeReport(report, join(directory, 'report.json'), repositoryRoot)
    expect(JSON.parse(await readFile(join(directory, 'report.json'), 'utf8'))).toEqual({
      schemaVersion: 1,
      project: 'p',
      input: given.input,
      views,
      timings: { upload: 1.3 },
      stages: {
        raw: { rows: 12 },
        clean: { rows: 9, rejected: 2, duplicates: 1, quarantined: 0 },
        sessions: { rows: 4, events: 9 },
      },
    })
    expect(headline(report)).toEqual({ sessions: 4, conversionRate: 0.25, events: 9 })
  })

  it.each<[string, Partial<StageCounts>]>([
    ['raw rows, and clean + rejected + duplicates + quarantined: 13 and 12', { raw: 13 }],
    ['clean rows, and events in sessions: 9 and 8', { sessionEvents: 8 }],
    ['sessions loaded, and sessions in kpi_daily_sessions: 5 and 4', { sessions: 5 }],
  ])('is refused when %s', (message, change) => {
    expect(() => makeReport({ ...given, counts: { ...counts, ...change } })).toThrow(
      `the numbers contradict each other: ${message}`,
    )
  })

  it('is refused when a view is missing or a cell is not flat', async () => {
    const { event_type_lookup: _, ...fewer } = makeReport(given).views
    await expect(
      writeReport({ ...makeReport(given), views: fewer }, join(directory, 'r'), repositoryRoot),
    ).rejects.toThrow(
      /docs\/schemas\/report.schema.json: \/views must have required property 'event_type_lookup'/,
    )
    const nested = {
      ...makeReport(given),
      views: { ...views, kpi_top_products: [{ a: { b: 1 } }] },
    } as unknown as Report
    await expect(writeReport(nested, join(directory, 'r'), repositoryRoot)).rejects.toThrow(
      /kpi_top_products\/0\/a must be/,
    )
  })
})
