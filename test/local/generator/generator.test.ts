/**
 * The generated file: exact rows and bytes, RetailRocket's shape within tolerances, the contract's rules in
 * every row.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { generateEvents, type GeneratedEvents } from '../../../local/demo/generator.ts'

interface Row {
  readonly ms: number
  readonly visitor: string
  readonly event: string
  readonly item: string
  readonly order: string
  readonly line: string
}

const folder = mkdtempSync(join(tmpdir(), 'generator '))
const file = (name: string): string => join(folder, name)
const ROWS = 40_000
const FIRST_MS = Date.parse('2015-05-03T03:00:04.384Z')
let result: GeneratedEvents
let rows: Row[]
let sessions: Row[][]

beforeAll(async () => {
  result = await generateEvents({ rows: ROWS, seed: 1, path: file('main.csv') })
  rows = readRows(file('main.csv'))
  sessions = cutSessions(rows)
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('generateEvents', () => {
  it('stops when it is told to, and leaves no file', async () => {
    const stop = new AbortController()
    const work = generateEvents({
      rows: 2_000_000,
      seed: 1,
      path: file('stopped.csv'),
      signal: stop.signal,
      onProgress: () => stop.abort(new Error('enough')),
    })
    await expect(work).rejects.toThrow('enough')
    expect(existsSync(file('stopped.csv'))).toBe(false)
  })

  it('writes the same bytes on every machine', async () => {
    const small = await generateEvents({ rows: 1_000, seed: 1, path: file('small.csv') })
    expect(small).toEqual({
      rows: 1_000,
      bytes: readFileSync(file('small.csv')).length,
      sha256: digest(file('small.csv')),
    })
    expect(small.sha256).toBe('f19cb5b2d4a2781d289445e36e739f8790d9dfb7f1ef7130881fde1b3513af80')
    expect(result.sha256).toBe('e9df14df9a0e6e317863ac05d01b5e873da740bed08b9e608acf1ade84780f3a')
  })

  it('writes other events for another seed', async () => {
    const other = await generateEvents({ rows: 1_000, seed: 2, path: file('other.csv') })
    expect(other.sha256).not.toBe(digest(file('small.csv')))
  })

  it.each([1, 2, 3, 10, 999])('writes exactly %i rows', async (count) => {
    expect((await generateEvents({ rows: count, seed: 7, path: file('n.csv') })).rows).toBe(count)
    expect(readRows(file('n.csv'))).toHaveLength(count)
  })

  it('reports progress up to the last row', async () => {
    const seen: number[] = []
    await generateEvents({
      rows: 70_000,
      seed: 1,
      path: file('p.csv'),
      onProgress: (done) => seen.push(done),
    })
    expect(seen.at(-1)).toBe(70_000)
    expect(seen).toEqual([...seen].sort((a, b) => a - b))
  })

  it.each([
    [0, 1],
    [1.5, 1],
    [-1, 1],
    [Number.NaN, 1],
    [2e9, 1],
    [10, -1],
    [10, 2 ** 32],
    [10, 0.5],
  ])('refuses %p rows with seed %p', async (count, seed) => {
    await expect(generateEvents({ rows: count, seed, path: file('never.csv') })).rejects.toThrow(RangeError)
    expect(existsSync(file('never.csv'))).toBe(false)
  })
})

describe('each row', () => {
  it('is an event of the contract inside the calendar', () => {
    expect(
      rows.filter((row) => !/^\d{13},\d+,(view,\d+,|addtocart,\d+,|transaction,\d+,\d+)$/.test(row.line)),
    ).toEqual([])
    expect(Math.min(...rows.map((row) => row.ms))).toBeGreaterThanOrEqual(FIRST_MS)
    expect(Math.max(...rows.map((row) => row.ms))).toBeLessThanOrEqual(Date.parse('2015-09-18T02:59:47.788Z'))
    expect(new Set(rows.map((row) => new Date(row.ms).toISOString().slice(0, 10))).size).toBe(139)
  })

  it('belongs to an order of one visitor at one instant with different items', () => {
    const orders = Map.groupBy(
      unique(rows).filter((row) => row.order !== ''),
      (row) => row.order,
    )
    for (const lines of orders.values()) {
      expect(new Set(lines.map((line) => `${line.visitor} ${line.ms}`)).size).toBe(1)
      expect(new Set(lines.map((line) => line.item)).size).toBe(lines.length)
    }
    expect([...orders.values()].reduce((sum, lines) => sum + lines.length, 0) / orders.size).toBeCloseTo(
      1.27,
      0,
    )
  })
})

describe('the shape', () => {
  it('has RetailRocket’s mix of events', () => {
    expect(share((row) => row.event === 'view')).toBeCloseTo(0.9667, 2)
    expect(share((row) => row.event === 'addtocart')).toBeCloseTo(0.0252, 2)
    expect(share((row) => row.event === 'transaction')).toBeCloseTo(0.0081, 2)
  })

  it('has its visitors: 71 % with one event, a heavy tail', () => {
    const counts = [...Map.groupBy(unique(rows), (row) => row.visitor).values()].map((list) => list.length)
    expect(counts.filter((count) => count === 1).length / counts.length).toBeCloseTo(0.7116, 2)
    expect(ROWS / counts.length).toBeCloseTo(1.958, 1)
    expect(Math.max(...counts)).toBeGreaterThan(ROWS / 200)
  })

  it('has its sessions: 1.25 a visitor, some over midnight, some exactly at the border', () => {
    expect(sessions.length / visitors()).toBeCloseTo(1.2516, 1)
    expect(sessions.filter((list) => day(list[0]) !== day(list.at(-1))).length).toBeGreaterThan(10)
    const pauses = [...Map.groupBy(unique(rows), (row) => row.visitor).values()].flatMap((list) =>
      list
        .sort((a, b) => a.ms - b.ms)
        .slice(1)
        .map((row, at) => row.ms - (list[at]?.ms ?? 0)),
    )
    expect(pauses).toContain(1_800_000)
    expect(pauses).toContain(1_800_001)
  })

  it('has its conversion: 0.83 % of the visitors, 0.81 % of the sessions, within what so few rows can tell', () => {
    const bought = rows.filter((row) => row.event === 'transaction')
    expectNear(new Set(bought.map((row) => row.visitor)).size / visitors(), 0.0083, 0.002)
    expectNear(sessions.filter((list) => has(list, 'transaction')).length / sessions.length, 0.0081, 0.002)
    expectNear(new Set(bought.map((row) => row.order)).size / rows.length, 17_672 / 2_756_101, 0.001)
    expectNear(sessions.filter((list) => has(list, 'view')).length / sessions.length, 0.9967, 0.001)
  })

  it('is flat over the calendar: no week is 15 % from the mean, and the last month is as the first', () => {
    const firsts = [...Map.groupBy(rows, (row) => row.visitor).values()].map((list) =>
      Math.min(...list.map((row) => row.ms)),
    )
    for (const instants of [rows.map((row) => row.ms), sessions.map((list) => list[0]!.ms), firsts]) {
      const weeks = byWeek(instants)
      const mean = sum(weeks) / weeks.length
      for (const count of weeks) expectNear(count / mean, 1, 0.15)
      expectNear(sum(weeks.slice(-4)) / sum(weeks.slice(0, 4)), 1, 0.1)
    }
  })

  it('repeats whole rows at its rate', () => {
    expect(rows.length - unique(rows).length).toBe(Math.floor((ROWS * 460) / 2_756_101))
  })

  it('is busy in the American evening and quiet in its morning', () => {
    const byHour = Array.from(
      { length: 24 },
      (_, hour) => rows.filter((row) => new Date(row.ms).getUTCHours() === hour).length,
    )
    expect(byHour[20]! / byHour[10]!).toBeGreaterThan(3)
  })

  it('has bestsellers', () => {
    const sold = [
      ...Map.groupBy(
        rows.filter((row) => row.event === 'transaction'),
        (row) => row.item,
      ).values(),
    ]
      .map((list) => list.length)
      .sort((a, b) => b - a)
    expect(sold[0]!).toBeGreaterThan(3 * (sold[9] ?? 1))
  })
})

function readRows(path: string): Row[] {
  const [header, ...lines] = readFileSync(path, 'latin1').trimEnd().split('\n')
  expect(header).toBe('timestamp,visitorid,event,itemid,transactionid')
  return lines.map((line) => {
    const [ms, visitor, event, item, order] = line.split(',')
    return { ms: Number(ms), visitor: visitor!, event: event!, item: item!, order: order!, line }
  })
}

function cutSessions(all: readonly Row[]): Row[][] {
  const found: Row[][] = []
  for (const list of Map.groupBy(unique(all), (row) => row.visitor).values()) {
    let last = Number.NEGATIVE_INFINITY
    for (const row of list.sort((a, b) => a.ms - b.ms)) {
      if (row.ms - last > 1_800_000) found.push([])
      found.at(-1)!.push(row)
      last = row.ms
    }
  }
  return found
}

/** The nineteen whole weeks of the calendar. */
const byWeek = (instants: readonly number[]): number[] =>
  Array.from(
    { length: 19 },
    (_, week) => instants.filter((ms) => Math.floor((ms - FIRST_MS) / (7 * 86_400_000)) === week).length,
  )
const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)
const expectNear = (found: number, wanted: number, off: number): void => {
  expect(found).toBeGreaterThan(wanted - off)
  expect(found).toBeLessThan(wanted + off)
}
const visitors = (): number => new Set(rows.map((row) => row.visitor)).size
const has = (list: readonly Row[], event: string): boolean => list.some((row) => row.event === event)
const unique = (all: readonly Row[]): Row[] => [...new Map(all.map((row) => [row.line, row])).values()]
const share = (predicate: (row: Row) => boolean): number => rows.filter(predicate).length / rows.length
const day = (row: Row | undefined): string => new Date(row?.ms ?? 0).toISOString().slice(0, 10)
const digest = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex')
