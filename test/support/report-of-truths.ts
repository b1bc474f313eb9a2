/**
 * A report as the demo would write it, from the second computation of its views: the page is tried without a demo.
 * It refuses to be a test of the views.
 */
import type { Report } from '../../local/demo/page.ts'
import { VIEW_TRUTHS, type Row, type Truths } from '../e2e/truths.ts'

const LABELS: Readonly<Record<string, string>> = {
  view: 'View',
  addtocart: 'Add to cart',
  transaction: 'Purchase',
  checkout: 'Checkout',
  refund: 'Refund',
}
const STEPS = ['', 'view', 'addtocart', 'transaction']

export async function reportOfTruths(truths: Truths, rejected = 0): Promise<Report> {
  const [counted] = await truths.rows(
    'SELECT MAX(us) // 1000 AS ms, COUNT(*) AS clean, (SELECT COUNT(*) FROM raw) AS raw, (SELECT COUNT(*) FROM sessions) AS sessions FROM events',
  )
  const [raw, clean, sessions] = [Number(counted?.raw), Number(counted?.clean), Number(counted?.sessions)]
  const through = clean === 0 ? null : new Date(Number(counted?.ms)).toISOString()
  const complete = (row: Row): Row => ({
    ...row,
    ...(row.event_type === undefined
      ? {}
      : { event_label: LABELS[String(row.event_type)] ?? row.event_type }),
    ...(row.step === undefined ? {} : { step_name: STEPS[Number(row.step)] ?? null }),
    data_through: through,
  })
  const views: Record<string, Row[]> = {}
  for (const [name, sql] of Object.entries(VIEW_TRUTHS)) views[name] = (await truths.rows(sql)).map(complete)
  return {
    schemaVersion: 1,
    project: 'caec-local',
    input: { sha256: 'a'.repeat(64), name: 'events.csv' },
    stages: {
      raw: { rows: raw + rejected },
      clean: {
        rows: clean,
        rejected,
        duplicates: raw - clean,
        quarantined: 0,
        reasons: { event_unknown: rejected },
      },
      sessions: { rows: sessions, events: clean },
    },
    views,
    gate: [
      { check_name: 'loaded_rows', verdict: 'green', results: 3, at_least: null, at_most: 0, detail: null },
      {
        check_name: 'late_rows',
        verdict: 'alarm',
        results: 1,
        at_least: null,
        at_most: 0.5,
        detail: '6 of 10 rows',
      },
    ],
    timings: {},
  }
}
