/**
 * The other shapes of generated files: rows as Google exports them and as the platform's own source has them,
 * of the same shop; each row is read as its source in spark/tables/sources says.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { generateEvents, SHAPES, type GeneratedEvents, type Shape } from '../../../local/demo/generator.ts'
import { canonicalGa4, canonicalEvents, type Canonical } from '../../e2e/canonical-rows.ts'

const folder = mkdtempSync(join(tmpdir(), 'shapes '))
const ROWS = 30_000
const made: Record<string, GeneratedEvents> = {}
let ga4: Canonical[]
let events: Canonical[]

beforeAll(async () => {
  for (const shape of ['ga4', 'events'] as const)
    made[shape] = await generateEvents({ rows: ROWS, seed: 1, shape, path: join(folder, shape) })
  ga4 = linesOf('ga4').flatMap((line) => canonicalGa4(line))
  events = linesOf('events').map((line) => canonicalEvents(line))
}, 60_000)
afterAll(() => rmSync(folder, { recursive: true }))

const linesOf = (shape: Shape): string[] => readFileSync(join(folder, shape), 'utf8').trimEnd().split('\n')

it('are named as the sources that read them', () => {
  for (const shape of SHAPES)
    expect(readFileSync(`spark/tables/sources/${shape}.json`, 'utf8')).toContain(shape)
})

describe('generateEvents', () => {
  it('writes the same bytes on every machine, in each shape', () => {
    expect({ ga4: made.ga4!.sha256, events: made.events!.sha256 }).toEqual({
      ga4: '2b637d49e2ddf5660bae6115e3b468f06a66fb3aa0c9f811938377707dafbe06',
      events: '26f72c6f22394d9cafa226e41c6531585e1d6ea5a6989940e584733b80b4db33',
    })
  })

  it('writes a line for each event as Google does, and one for each of its items in the other', () => {
    expect(made.ga4!.rows).toBe(ROWS)
    expect(linesOf('ga4')).toHaveLength(ROWS)
    expect(linesOf('events')).toHaveLength(made.events!.rows)
    expect(events.length).toBe(ga4.length)
    expect(made.events!.rows).toBeGreaterThan(ROWS)
  })

  it('is one shop in both: the same rows once they are read', () => {
    // Each source has its own spelling of a visitor, and only Google's has microseconds.
    const text = (rows: readonly Canonical[]): string[] =>
      rows
        .map((row) => ({
          ...row,
          event_us: Math.floor(row.event_us / 1000) * 1000,
          visitor_id: row.visitor_id.replace(/^v|\.\d+$/g, ''),
        }))
        .map((row) => JSON.stringify(Object.entries(row).sort()))
        .sort()
    expect(text(ga4)).toEqual(text(events))
  })
})

describe('the shop', () => {
  it('has its few kinds of events, each with what belongs to it', () => {
    const names = new Map(
      [...Map.groupBy(ga4, (row) => row.event_type)].map(([name, rows]) => [name, rows.length]),
    )
    expect([...names.keys()].sort()).toEqual([
      'addtocart',
      'checkout',
      'page_view',
      'refund',
      'transaction',
      'view',
    ])
    for (const row of ga4) {
      expect(row.transaction_id !== null).toBe(['transaction', 'refund'].includes(row.event_type))
      expect([row.item_id, row.value, row.currency].every((field) => field !== null)).toBe(
        row.event_type !== 'page_view',
      )
    }
    expect(names.get('view')! / ga4.length).toBeGreaterThan(0.5)
  })

  it('sells what was in a cart, and takes back what was sold', () => {
    const sold = Map.groupBy(
      ga4.filter((row) => row.event_type === 'transaction'),
      (row) => row.transaction_id,
    )
    for (const rows of sold.values()) {
      expect(new Set(rows.map((row) => `${row.visitor_id} ${row.event_us} ${row.currency}`)).size).toBe(1)
      for (const row of rows)
        expect(
          ga4.some(
            (cart) =>
              cart.event_type === 'addtocart' &&
              cart.visitor_id === row.visitor_id &&
              cart.item_id === row.item_id &&
              cart.event_us < row.event_us,
          ),
        ).toBe(true)
    }
    expect([...sold.values()].some((rows) => rows.length > 1)).toBe(true)
    const refunds = ga4.filter((row) => row.event_type === 'refund')
    expect(refunds.length).toBeGreaterThan(0)
    for (const row of refunds) {
      const bought = sold.get(row.transaction_id)!.find((line) => line.item_id === row.item_id)!
      expect(bought.event_us).toBeLessThan(row.event_us)
      expect([row.visitor_id, row.value, row.quantity]).toEqual([
        bought.visitor_id,
        bought.value,
        bought.quantity,
      ])
    }
  })

  it('has sources, devices and countries; each visitor one country and one device', () => {
    for (const field of ['country', 'device'] as const) {
      expect(new Set(ga4.map((row) => row[field])).size).toBeGreaterThan(2)
      const of = Map.groupBy(ga4, (row) => row.visitor_id)
      for (const rows of of.values()) expect(new Set(rows.map((row) => row[field])).size).toBe(1)
    }
    const media = new Set(ga4.map((row) => row.traffic_medium))
    for (const medium of ['organic', 'cpc', 'email', 'paid_social', null]) expect(media).toContain(medium)
  })

  it('converts as the other shape does: some 0.8 % of the sessions', () => {
    let sessions = 0
    let bought = 0
    for (const rows of Map.groupBy(ga4, (row) => row.visitor_id).values()) {
      let [last, isCounted] = [-Infinity, false]
      for (const row of rows.sort((a, b) => a.event_us - b.event_us)) {
        if (row.event_us - last > 1_800_000_000) {
          sessions++
          isCounted = false
        }
        last = row.event_us
        if (row.event_type !== 'transaction' || isCounted) continue
        isCounted = true
        bought++
      }
    }
    expect(bought / sessions).toBeGreaterThan(0.0065)
    expect(bought / sessions).toBeLessThan(0.0105)
  })
})
