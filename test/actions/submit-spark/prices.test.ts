/** Prices are those given or those read for the region; where one is missing no cost is told and no limit taken. */
import { expect, it } from '@jest/globals'
import { createInputs } from '../../../actions/_shared/runner/inputs.ts'
import { PRICES } from '../../../actions/submit-spark/src/price-table.ts'
import { costUsd, openMeter, readPrices } from '../../../actions/submit-spark/src/prices.ts'
import { thrownBy } from '../../support/thrown.ts'

const read = (given: Record<string, string>) =>
  readPrices(createInputs((name) => ({ region: 'us-central1', ...given })[name] ?? ''))
const usage = { milliDcuSeconds: 3_600_000, shuffleGbSeconds: 3600 }
const both = { 'price-per-dcu-hour-usd': '0.07', 'price-per-shuffle-gb-hour-usd': '0.0001' }

it.each<[string, Record<string, string>, object, number | undefined]>([
  [
    'what was read for the region',
    {},
    {
      dcuHour: 0.06,
      shuffleGbHour: expect.closeTo(0.000054795, 9),
      source: 'prices of us-central1, standard tier, read on 2026-09-28',
    },
    0.060054795,
  ],
  [
    'what is given, before what was read',
    both,
    { dcuHour: 0.07, shuffleGbHour: 0.0001, source: 'the prices given' },
    0.0701,
  ],
  [
    'what was read for another region, which is another price',
    { region: 'europe-west3' },
    {
      dcuHour: 0.077307,
      shuffleGbHour: expect.closeTo(0.048 / 730, 9),
      source:
        "prices of europe-west3, standard tier, read on 2026-11-30 in PerfKitBenchmarker's copy of Google's list",
    },
    0.077307 + 0.048 / 730,
  ],
  [
    'nothing of a region that nobody read',
    { region: 'me-west1' },
    {
      source:
        'prices of me-west1 are not known here; give price-per-dcu-hour-usd (standard tier) and price-per-shuffle-gb-hour-usd (standard tier)',
    },
    undefined,
  ],
  ['what is given where nothing was read', { region: 'me-west1', ...both }, { dcuHour: 0.07 }, 0.0701],
  [
    'the dearer tier when one side is in it',
    { properties: 'spark.dataproc.executor.compute.tier=premium' },
    {
      dcuHour: 0.089,
      source: 'prices of us-central1, premium tier, read on 2026-11-29 and standard tier, read on 2026-09-28',
    },
    0.089054795,
  ],
  [
    'the shuffle price of the premium tier',
    { properties: 'spark.dataproc.driver.disk.tier=premium' },
    { dcuHour: 0.06, shuffleGbHour: expect.closeTo(0.1 / 730, 9) },
    0.06 + 0.1 / 730,
  ],
])('takes %s', (_, given, prices, cost) => {
  const found = read(given).prices
  expect(found).toMatchObject(prices)
  if (cost === undefined) expect(costUsd(usage, found)).toBeUndefined()
  else expect(costUsd(usage, found)).toBeCloseTo(cost, 9)
})

it('takes a limit in dollars only with prices that can keep it', () => {
  expect(read({ 'max-cost-usd': '5' }).maxCostUsd).toBe(5)
  expect(read({ region: 'me-west1', 'max-cost-usd': '5', ...both }).maxCostUsd).toBe(5)
  expect(thrownBy(() => read({ region: 'me-west1', 'max-cost-usd': '5' }))).toMatchObject({
    code: 'INPUT',
    message: expect.stringContaining('so nothing would keep the limit; give price-per-dcu-hour-usd'),
  })
})

it('holds no price without the day and the place it was read', () => {
  const all = Object.values(PRICES).flatMap((units) =>
    Object.values(units).flatMap((tiers) => Object.values(tiers)),
  )
  expect([Object.keys(PRICES).length, all.length]).toEqual([34, 34 * 4])
  for (const { usd, readOn, source } of all) {
    expect(usd).toBeGreaterThan(0)
    expect(readOn).toMatch(/^20\d\d-\d\d-\d\d$/)
    expect(source).toMatch(/^https:\/\/(cloud\.google|github)\.com\//)
  }
})

it('knows when nothing was told of a running batch', () => {
  const meter = openMeter({ dcuHour: 0.06, shuffleGbHour: 0 })
  meter.see(undefined, 0)
  expect([meter.hasSeen, meter.usd]).toEqual([false, 0])
  meter.see({ milliDcu: 1000, shuffleGb: 0 }, 3_600_000)
  expect([meter.hasSeen, meter.usd]).toEqual([true, 0])
})

it('meters what a running batch holds between two looks', () => {
  const meter = openMeter({ dcuHour: 0.06, shuffleGbHour: 0 })
  meter.see({ milliDcu: 1000, shuffleGb: 0 }, 0)
  meter.see(undefined, 3_600_000)
  expect(meter.usd).toBeCloseTo(0.06, 9)
})
