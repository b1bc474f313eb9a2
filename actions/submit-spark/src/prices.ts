/**
 * What a batch costs, by the prices given and those that were read for its region. It refuses to pass one region's
 * price off as another's, and to keep a limit in dollars without a price.
 */
import { InputError } from '../../_shared/errors.ts'
import type { Inputs } from '../../_shared/runner/inputs.ts'
import { PRICES, type Tier, type Unit } from './price-table.ts'
import { readProperties } from './properties.ts'

/** In US dollars; a price that is not known is left out. */
interface Price {
  readonly dcuHour?: number
  readonly shuffleGbHour?: number
}
export interface Prices extends Price {
  /** Where the prices are from, or why one is missing; for the report. */
  readonly source: string
}
export interface Usage {
  readonly milliDcuSeconds: number
  readonly shuffleGbSeconds: number
}

const ACCELERATOR = /^spark\.dataproc\.(driver|executor)\.resource\.accelerator\.type$/
const UNITS: readonly { readonly unit: Unit; readonly input: string; readonly part: 'compute' | 'disk' }[] = [
  { unit: 'dcuHour', input: 'price-per-dcu-hour-usd', part: 'compute' },
  { unit: 'shuffleGbHour', input: 'price-per-shuffle-gb-hour-usd', part: 'disk' },
]

/** @param isWatched whether anybody is there to keep a limit. */
export function readPrices(
  inputs: Inputs,
  isWatched = true,
): {
  readonly prices: Prices
  readonly maxCostUsd: number | undefined
} {
  const region = inputs.text('region')
  const properties = readProperties(inputs)
  const found = UNITS.map(({ unit, input, part }) => {
    const given = inputs.optionalDecimal(input, { min: 0, max: 1000 })
    const tier = tierOf(part, properties)
    const published = PRICES[region]?.[unit][tier]
    return {
      unit,
      input,
      usd: given ?? published?.usd,
      tier,
      published: given === undefined ? published : undefined,
    }
  })
  const missing = found.filter(({ usd }) => usd === undefined)
  const most = readLimit(inputs, isWatched)
  const hasAccelerators = Object.keys(properties).some((name) => ACCELERATOR.test(name))
  const words = missing.map(({ input, tier }) => `${input} (${tier} tier)`).join(' and ')
  if (most !== undefined && hasAccelerators)
    throw new InputError(
      'Reading input max-cost-usd: what accelerators cost is not counted here, so nothing would keep the limit; leave it out and set a ttl.',
      { input: 'max-cost-usd', given: String(most), accepted: 'a limit of a batch without accelerators' },
    )
  if (most !== undefined && missing.length > 0)
    throw new InputError(
      `Reading input max-cost-usd: the price of ${region} is not known here, so nothing would keep the limit; give ${words}.`,
      { input: 'max-cost-usd', given: String(most), accepted: `a limit together with ${words}` },
    )
  const read = found.flatMap(({ tier, published }) =>
    published
      ? [
          `${tier} tier, read on ${published.readOn}${published.isCopied ? " in PerfKitBenchmarker's copy of Google's list" : ''}`,
        ]
      : [],
  )
  return {
    prices: {
      ...Object.fromEntries(found.flatMap(({ unit, usd }) => (usd === undefined ? [] : [[unit, usd]]))),
      source:
        missing.length > 0
          ? `prices of ${region} are not known here; give ${words}`
          : read.length === 0
            ? 'the prices given'
            : `prices of ${region}, ${[...new Set(read)].join(' and ')}${hasAccelerators ? ', without accelerators' : ''}`,
    },
    maxCostUsd: most,
  }
}

/** No limit, or one that somebody keeps. */
function readLimit(inputs: Inputs, isWatched: boolean): number | undefined {
  const most = inputs.optionalDecimal('max-cost-usd', { min: 0, max: 1_000_000 })
  const refuse = (why: string, accepted: string): never => {
    throw new InputError(`Reading input max-cost-usd: ${why}.`, {
      input: 'max-cost-usd',
      given: String(most),
      accepted,
    })
  }
  if (most === 0)
    refuse('every batch costs something, so none may run at 0; leave it empty for no limit', 'more than 0')
  if (most !== undefined && !isWatched)
    refuse(
      'with wait: false nobody watches the batch, so nothing would keep the limit; give it to the step that attaches, or set a ttl',
      'a limit of a batch that is waited for',
    )
  return most
}

/** The dearer tier when the driver or the executors run in it: Google's sum does not tell them apart. */
function tierOf(part: 'compute' | 'disk', properties: Readonly<Record<string, string>>): Tier {
  return ['driver', 'executor'].some(
    (role) => properties[`spark.dataproc.${role}.${part}.tier`] === 'premium',
  ) || properties['dataproc.tier'] === 'premium'
    ? 'premium'
    : 'standard'
}

/** DCU-hours and GB-hours of shuffle, by the second; undefined without their prices. */
export function costUsd(usage: Usage, { dcuHour, shuffleGbHour }: Price): number | undefined {
  if (dcuHour === undefined || shuffleGbHour === undefined) return undefined
  return (usage.milliDcuSeconds / 3_600_000) * dcuHour + (usage.shuffleGbSeconds / 3600) * shuffleGbHour
}

export interface Meter {
  /** @param current what the batch holds right now. */
  see(current: { readonly milliDcu: number; readonly shuffleGb: number } | undefined, atMs: number): void
  /** False while Google has told nothing: then no limit is kept. */
  readonly hasSeen: boolean
  /** 0 without prices, with which no limit is taken either. */
  readonly usd: number
}

/** Adds up what a running batch has held between two looks: Google counts the whole only after the end. */
export function openMeter(prices: Price): Meter {
  let last: { readonly milliDcu: number; readonly shuffleGb: number } | undefined
  let hasSeen = false
  let lastMs = 0
  let milliDcuSeconds = 0
  let shuffleGbSeconds = 0
  return {
    see: (current, atMs) => {
      hasSeen ||= current !== undefined
      if (last !== undefined) {
        const seconds = Math.max(0, atMs - lastMs) / 1000
        milliDcuSeconds += seconds * last.milliDcu
        shuffleGbSeconds += seconds * last.shuffleGb
      }
      last = current
      lastMs = atMs
    },
    get hasSeen() {
      return hasSeen
    },
    get usd() {
      return costUsd({ milliDcuSeconds, shuffleGbSeconds }, prices) ?? 0
    },
  }
}
