/**
 * RetailRocket's calendar and rhythm of the day and week, UTC; it refuses the machine's clock and time zone.
 */
import type { RandomSource } from './random-source.ts'

/** First and last event of RetailRocket's file: 2015-05-03T03:00:04.384Z and 2015-09-18T02:59:47.788Z. */
export const FIRST_MS = 1_430_622_004_384
export const LAST_MS = 1_442_545_187_788
/** Length of the calendar: what lies beyond its end is this much earlier. */
export const RING_MS = LAST_MS - FIRST_MS + 1

const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000
/** Relative traffic by UTC hour: evening and night in the Americas, which makes sessions cross midnight. */
const BY_HOUR = [58, 60, 62, 60, 52, 38, 26, 18, 13, 10, 8, 8, 12, 20, 32, 44, 56, 64, 66, 66, 66, 64, 60, 56]
/** Relative traffic by weekday, Sunday first. */
const BY_WEEKDAY = [84, 100, 100, 98, 96, 90, 78]
const HIGHEST = 66 * 100

/**
 * Of several instants between `fromMs` and `toMs` (on the ring, so also beyond the last), the first that suits the rhythm; after eight tries the
 * last, so that it always ends.
 */
export function drawInstant(random: RandomSource, fromMs: number, toMs: number): number {
  let instant = fromMs
  for (let attempt = 0; attempt < 8; attempt++) {
    instant = fromMs + random.below(toMs - fromMs + 1)
    if (random.below(HIGHEST) < weightAt(instant)) break
  }
  return instant
}

function weightAt(atMs: number): number {
  const instantMs = atMs > LAST_MS ? atMs - RING_MS : atMs
  const hour = Math.floor(instantMs / HOUR_MS) % 24
  // 1970-01-01 was a Thursday.
  const weekday = (Math.floor(instantMs / DAY_MS) + 4) % 7
  return (BY_HOUR[hour] ?? 0) * (BY_WEEKDAY[weekday] ?? 0)
}
