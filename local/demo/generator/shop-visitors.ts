/** Who visits a shop: country, device and where each session comes from; it refuses anything that could be a real person's. */
import type { RandomSource } from './random-source.ts'

export interface Origin {
  readonly source: string
  readonly medium: string
  readonly campaign?: string
  readonly referrer?: string
}
export interface Visitor {
  readonly country: string
  readonly currency: string
  readonly device: string
}

/** Weights add up to 1,000. */
type Weighted<T> = readonly (readonly [weight: number, value: T])[]

const COUNTRIES: Weighted<readonly [country: string, currency: string]> = [
  [420, ['United States', 'USD']],
  [140, ['Germany', 'EUR']],
  [120, ['United Kingdom', 'GBP']],
  [90, ['Canada', 'CAD']],
  [80, ['France', 'EUR']],
  [60, ['Brazil', 'BRL']],
  [50, ['Spain', 'EUR']],
  [40, ['Australia', 'AUD']],
]
const DEVICES: Weighted<string> = [
  [560, 'mobile'],
  [390, 'desktop'],
  [50, 'tablet'],
]
/** Undefined is a direct visit: nothing says where it comes from. */
const ORIGINS: Weighted<Origin | undefined> = [
  [380, { source: 'google', medium: 'organic', referrer: 'https://www.google.com/' }],
  [250, undefined],
  [70, { source: 'google', medium: 'cpc', campaign: 'brand', referrer: 'https://www.google.com/' }],
  [70, { source: 'google', medium: 'cpc', campaign: 'summer-sale', referrer: 'https://www.google.com/' }],
  [90, { source: 'newsletter', medium: 'email', campaign: 'weekly' }],
  [
    60,
    {
      source: 'facebook',
      medium: 'paid_social',
      campaign: 'retargeting',
      referrer: 'https://m.facebook.com/',
    },
  ],
  [40, { source: 'instagram', medium: 'social', referrer: 'https://l.instagram.com/' }],
  [30, { source: 'bing', medium: 'organic', referrer: 'https://www.bing.com/' }],
  [10, { source: 'prices.example', medium: 'referral', referrer: 'https://prices.example/' }],
]
/** Of those who come again, how many type the address or follow the newsletter. */
const DIRECT_AGAIN_PPM = 400_000
const NEWSLETTER_AGAIN_PPM = 150_000

export function drawVisitor(random: RandomSource): Visitor {
  const [country, currency] = draw(random, COUNTRIES)
  return { country, currency, device: draw(random, DEVICES) }
}

export function drawOrigin(random: RandomSource, isFirstSession: boolean): Origin | undefined {
  if (isFirstSession) return draw(random, ORIGINS)
  const again = random.below(1_000_000)
  if (again < DIRECT_AGAIN_PPM) return undefined
  if (again < DIRECT_AGAIN_PPM + NEWSLETTER_AGAIN_PPM) return ORIGINS[4]?.[1]
  return draw(random, ORIGINS)
}

function draw<T>(random: RandomSource, choices: Weighted<T>): T {
  let left = random.below(1_000)
  for (const [weight, value] of choices) {
    if (left < weight) return value
    left -= weight
  }
  return choices[0]![1]
}
