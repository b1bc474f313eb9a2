/** docs/scale.md is computed from its figures as a person would with a pencil, and the figures kept are of a real run. */
import { describe, expect, it } from '@jest/globals'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { PRICES } from '../../actions/submit-spark/src/price-table.ts'
import {
  bytesOfDay,
  HISTORIES,
  scalePage,
  SPARK_PRICES,
  type Scale,
  type SparkDay,
} from '../../scripts/scale-page.ts'
import { repoRoot } from '../support/cloud.ts'

const TIB = 2 ** 40
const day = (rows: number, twoCoresSeconds: number): SparkDay => ({
  rows,
  oneCoreSeconds: 2 * twoCoresSeconds,
  twoCoresSeconds,
  taskSeconds: twoCoresSeconds,
  largestTaskBytes: 1e8,
  shuffleBytes: 50 * rows,
  bytes: { raw: 40 * rows, clean: 20 * rows, sessionized: 25 * rows },
})
/** 18 core-seconds a million events: 5,000 core-hours; 1,000 bytes of a new event and 2 of an old one. */
const figures: Scale = {
  spark: {
    date: '2026-01-01',
    machine: { cores: 2, model: 'pencil', memoryGiB: 4 },
    load: 0,
    startSeconds: 20,
    days: [day(1e6, 30), day(3e6, 48)],
  },
  warehouse: {
    events: 1e6,
    days: 100,
    newDays: [
      { events: 1e4, eventsBefore: 1e5, bytes: 1e7 + 2e5 },
      { events: 2e4, eventsBefore: 1e6, bytes: 2e7 + 2e6 },
    ],
    tables: {
      fct_days: { rows: 100, bytes: 2400, growsWithEvents: false },
      fct_visitor_days: { rows: 5e5, bytes: 5e7, growsWithEvents: true },
    },
    views: { small: { fct_days: 2400 }, large: { fct_days: 2400, fct_visitor_days: 1e7 } },
  },
}

function render(scale: Scale): string {
  const root = mkdtempSync(path.join(tmpdir(), 'scale page '))
  try {
    mkdirSync(path.join(root, 'docs'))
    writeFileSync(path.join(root, 'docs/scale.json'), JSON.stringify(scale))
    writeFileSync(path.join(root, 'docs/scale.md'), '')
    const table = (heads: readonly string[], rows: readonly (readonly string[])[]): string =>
      [heads, ...rows].map((row) => row.join(' | ')).join('\n')
    return scalePage(root, table, (text, _marker, body) => `${text}${body}\n\n`).text
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

describe('a billion events a day', () => {
  const text = render(figures)

  it('cost what the slope says at the dated prices', () => {
    expect(text).toContain('18.0 core-seconds a million events')
    expect(text).toContain('work | 5 core-hours')
    expect(text).toContain('2 executors of 4 vCPU and 16 GB, and a driver')
    // 5 core-hours on 8 cores: 37.5 minutes of 12 DCU and of 1,288 GB.
    expect(text).toMatch(/DCU-hours \| 8 at \$0\.06 \(us-central1, read \d{4}-\d\d-\d\d\)/)
    expect(text).toContain('**$0.49**')
    expect(text).toContain('raw 40.0 GB (CSV), clean 20.0 GB, sessionized 25.0 GB')
  })

  it('cost what submit-spark charges by', () => {
    const { dcuHour, shuffleGbHour } = PRICES[SPARK_PRICES.region]!
    expect(SPARK_PRICES).toMatchObject({
      readOn: dcuHour.standard.readOn,
      usdPerDcuHour: dcuHour.standard.usd,
    })
    expect(SPARK_PRICES.usdPerShuffleGbMonth / 730).toBeCloseTo(shuffleGbHour.standard.usd, 9)
    expect(shuffleGbHour.standard.readOn).toBe(SPARK_PRICES.readOn)
  })

  it('are not guessed where nobody measured', () => {
    expect(render({ warehouse: figures.warehouse }).match(/not measured yet/g)).toHaveLength(2)
  })

  it('read of BigQuery the day, and what grows with age', () => {
    const { perNew, perOld } = bytesOfDay(figures.warehouse)
    expect([perNew, perOld].map((value) => Math.round(value))).toEqual([1000, 2])
    expect(text).toContain(`10^9 events, 1,000 B each | 1.0 TB | **$${((1e12 / TIB) * 6.25).toFixed(2)}**`)
    expect(text).toContain('and 2.0 B for each event there before: after a year | 730 GB')
  })

  it('are billed at least ten mebibytes of each table that a view reads', () => {
    const [small, large] = ['small', 'large'].map((view) =>
      text.split('\n').find((line) => line.startsWith(`\`${view}\``)),
    )
    expect(small).toBe('`small` | `fct_days` | 10.5 MB | $0.06 | 10.5 MB | $0.06')
    // 10 bytes of each of 365 billion events.
    expect(large).toMatch(/\| 3\.7 GB \| \$20\.81 \| 3\.7 TB \| \$20,748$/)
  })
})

describe('docs/scale.json', () => {
  const kept = JSON.parse(readFileSync(path.join(repoRoot, 'docs/scale.json'), 'utf8')) as Scale

  it('is of as many days as the command makes', () => {
    expect([kept.warehouse.newDays.length, kept.warehouse.days]).toEqual([
      HISTORIES.length,
      Math.max(...HISTORIES) + 1,
    ])
  })

  it('is of three sizes of a day, and of every view', () => {
    if (kept.spark) expect(kept.spark.days.map(({ rows }) => rows)).toEqual([500_000, 1_000_000, 2_000_000])
    expect(Object.keys(kept.warehouse.views).length).toBeGreaterThan(20)
    for (const reads of Object.values(kept.warehouse.views))
      for (const name of Object.keys(reads)) expect(kept.warehouse.tables).toHaveProperty(name)
  })
})
