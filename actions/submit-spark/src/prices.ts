/**
 * What a batch costs by the published prices, as far as they are known here, with the day they were read. It
 * refuses to pass one region's price off as another's.
 */
import type { Inputs } from '../../_shared/runner/inputs.ts'
import { readProperties } from './properties.ts'

/** In US dollars; shuffle storage is published per GB and month, here an hour of 730. */
interface Price {
  readonly dcuHour: number
  readonly shuffleGbHour: number
}
type Tier = 'standard' | 'premium'
export interface Prices extends Price {
  /** Where the prices are from, for the report. */
  readonly source: string
}
export interface Usage {
  readonly milliDcuSeconds: number
  readonly shuffleGbSeconds: number
}

const READ_ON = '2026-09-28'
/** https://cloud.google.com/dataproc-serverless/pricing shows one region at a time; add what you have read. */
const PUBLISHED: Readonly<Record<string, Readonly<Record<Tier, Price>>>> = {
  'us-central1': {
    standard: { dcuHour: 0.06, shuffleGbHour: 0.000054795 },
    premium: { dcuHour: 0.089, shuffleGbHour: 0.000136986 },
  },
}
const FALLBACK = 'us-central1'

export function readPrices(inputs: Inputs): {
  readonly prices: Prices
  readonly maxCostUsd: number | undefined
} {
  const given = (name: string) =>
    inputs.text(name) === '' ? undefined : inputs.decimal(name, { min: 0, max: 1000, fallback: 0 })
  const dcu = given('price-per-dcu-hour')
  const shuffle = given('price-per-shuffle-gb-hour')
  const region = inputs.text('region')
  const tier = tierOf(readProperties(inputs))
  const table = PUBLISHED[region] ?? PUBLISHED[FALLBACK]!
  const isGiven = dcu !== undefined && shuffle !== undefined
  const where =
    PUBLISHED[region] === undefined
      ? `${FALLBACK} (those of ${region} are not known here; give price-per-dcu-hour and price-per-shuffle-gb-hour)`
      : region
  const most = inputs.decimal('max-cost-usd', { min: 0, max: 1_000_000, fallback: 0 })
  return {
    prices: {
      dcuHour: dcu ?? table[tier].dcuHour,
      shuffleGbHour: shuffle ?? table[tier].shuffleGbHour,
      source: isGiven ? 'the prices given' : `prices of ${where}, ${tier} tier, read on ${READ_ON}`,
    },
    maxCostUsd: most > 0 ? most : undefined,
  }
}

/** The dearer tier when any part of the batch runs in it: Google's sum does not tell them apart. */
function tierOf(properties: Readonly<Record<string, string>>): Tier {
  return Object.entries(properties).some(
    ([key, value]) =>
      /^spark\.dataproc\.(driver|executor)\.(compute|disk)\.tier$/.test(key) && value === 'premium',
  )
    ? 'premium'
    : 'standard'
}

/** DCU-hours and GB-hours of shuffle, by the second. */
export function costUsd(usage: Usage, prices: Price): number {
  return (
    (usage.milliDcuSeconds / 3_600_000) * prices.dcuHour +
    (usage.shuffleGbSeconds / 3600) * prices.shuffleGbHour
  )
}

export interface Meter {
  /** @param current what the batch holds right now. */
  see(current: { readonly milliDcu: number; readonly shuffleGb: number } | undefined, atMs: number): void
  readonly usd: number
}

/** Adds up what a running batch has held between two looks: Google counts the whole only after the end. */
export function openMeter(prices: Price): Meter {
  let last: { readonly milliDcu: number; readonly shuffleGb: number } | undefined
  let lastMs = 0
  let milliDcuSeconds = 0
  let shuffleGbSeconds = 0
  return {
    see: (current, atMs) => {
      if (last !== undefined) {
        const seconds = Math.max(0, atMs - lastMs) / 1000
        milliDcuSeconds += seconds * last.milliDcu
        shuffleGbSeconds += seconds * last.shuffleGb
      }
      last = current
      lastMs = atMs
    },
    get usd() {
      return costUsd({ milliDcuSeconds, shuffleGbSeconds }, prices)
    },
  }
}
