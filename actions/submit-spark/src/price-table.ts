/**
 * What Google asks for a batch, per region and tier, each price with the day and the place it was read. It refuses
 * guesses: a price that nobody read is not here. The pricing page shows one region at a time; add what you have read.
 */

/** In US dollars; shuffle storage is published per GB and month, here an hour of 730. */
export interface Published {
  readonly usd: number
  readonly readOn: string
  readonly source: string
  /** Whether somebody else read Google's page, on a day that is not known. */
  readonly isCopied: boolean
}
export type Tier = 'standard' | 'premium'
export type Unit = 'dcuHour' | 'shuffleGbHour'
type Units = Readonly<Record<Unit, Readonly<Record<Tier, Published>>>>

const PAGE = 'https://cloud.google.com/dataproc-serverless/pricing'
/** It names that page for its figures. */
const COPY =
  'https://github.com/GoogleCloudPlatform/PerfKitBenchmarker/blob/013cb437c20d7aa367b4cc7186a5cea91a25e549/perfkitbenchmarker/providers/gcp/gcp_dpb_dataproc_serverless_prices.py'
const COPIED_ON = '2026-11-30'
const HOURS = 730

/** Of the copy: a DCU-hour, standard and premium, and a GB-month of shuffle, standard and premium. */
const COPIED: Readonly<Record<string, readonly [number, number, number, number]>> = {
  'asia-east1': [0.069477, 0.103058, 0.04, 0.1],
  'asia-east2': [0.083955, 0.124533, 0.05, 0.125],
  'asia-northeast1': [0.076976, 0.114181, 0.052, 0.13],
  'asia-northeast2': [0.076976, 0.114181, 0.052, 0.13],
  'asia-northeast3': [0.076976, 0.114181, 0.052, 0.13],
  'asia-south1': [0.072071, 0.106905, 0.048, 0.12],
  'asia-south2': [0.072071, 0.106905, 0.048, 0.12],
  'asia-southeast1': [0.074015, 0.10979, 0.044, 0.11],
  'asia-southeast2': [0.080674, 0.119666, 0.052, 0.13],
  'australia-southeast1': [0.085135, 0.126284, 0.054, 0.135],
  'australia-southeast2': [0.085135, 0.126284, 0.054, 0.135],
  'europe-central2': [0.0726, 0.10769, 0.048, 0.12],
  'europe-north1': [0.066062, 0.097992, 0.044, 0.11],
  'europe-southwest1': [0.0708, 0.10502, 0.047, 0.118],
  'europe-west1': [0.066007, 0.09791, 0.04, 0.1],
  'europe-west2': [0.077307, 0.114672, 0.048, 0.12],
  'europe-west3': [0.077307, 0.114672, 0.048, 0.12],
  'europe-west4': [0.066057, 0.097984, 0.044, 0.11],
  'europe-west6': [0.0786, 0.11659, 0.052, 0.13],
  'europe-west8': [0.0696, 0.10324, 0.0464, 0.116],
  'europe-west9': [0.0696, 0.10324, 0.0464, 0.116],
  'northamerica-northeast1': [0.066057, 0.097984, 0.044, 0.11],
  'northamerica-northeast2': [0.066057, 0.097984, 0.044, 0.11],
  'southamerica-east1': [0.095246, 0.141282, 0.06, 0.15],
  'southamerica-west1': [0.08581, 0.127285, 0.057, 0.143],
  'us-central1': [0.06, 0.089, 0.04, 0.1],
  'us-east1': [0.06, 0.089, 0.04, 0.1],
  'us-east4': [0.067572, 0.100232, 0.044, 0.11],
  'us-east5': [0.06, 0.089, 0.04, 0.1],
  'us-south1': [0.0708, 0.10502, 0.0472, 0.118],
  'us-west1': [0.06, 0.089, 0.04, 0.1],
  'us-west2': [0.072071, 0.106905, 0.048, 0.12],
  'us-west3': [0.072071, 0.106905, 0.048, 0.12],
  'us-west4': [0.067572, 0.100232, 0.044, 0.11],
}

const copied = (usd: number): Published => ({ usd, readOn: COPIED_ON, source: COPY, isCopied: true })
const read = (usd: number, readOn: string, source = PAGE): Published => ({
  usd,
  readOn,
  source,
  isCopied: false,
})

export const PRICES: Readonly<Record<string, Units>> = {
  ...Object.fromEntries(
    Object.entries(COPIED).map(([region, [dcu, premiumDcu, shuffle, premiumShuffle]]): [string, Units] => [
      region,
      {
        dcuHour: { standard: copied(dcu), premium: copied(premiumDcu) },
        shuffleGbHour: { standard: copied(shuffle / HOURS), premium: copied(premiumShuffle / HOURS) },
      },
    ]),
  ),
  'us-central1': {
    dcuHour: {
      standard: read(0.06, '2026-09-28'),
      premium: read(0.089, '2026-11-29', `${PAGE} (a stored copy)`),
    },
    shuffleGbHour: { standard: read(0.04 / HOURS, '2026-09-28'), premium: copied(0.1 / HOURS) },
  },
}
