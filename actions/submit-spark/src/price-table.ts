/**
 * What Google asks for a batch, per region and tier, each price with the day and the place it was read. It refuses
 * guesses: a price that nobody read is not here. The pricing page shows one region at a time; add what you have read.
 */

/** In US dollars; shuffle storage is published per GB and month, here an hour of 730. */
export interface Published {
  readonly usd: number
  readonly readOn: string
  readonly source: string
}
export type Tier = 'standard' | 'premium'
export type Unit = 'dcuHour' | 'shuffleGbHour'

const PAGE = 'https://cloud.google.com/dataproc-serverless/pricing'

export const PRICES: Readonly<Record<string, Readonly<Record<Unit, Partial<Record<Tier, Published>>>>>> = {
  'us-central1': {
    dcuHour: {
      standard: { usd: 0.06, readOn: '2026-09-28', source: PAGE },
      premium: { usd: 0.089, readOn: '2026-11-29', source: `${PAGE} (a stored copy)` },
    },
    shuffleGbHour: {
      standard: { usd: 0.000054795, readOn: '2026-09-28', source: PAGE },
    },
  },
}
