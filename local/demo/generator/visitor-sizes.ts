/**
 * How many events each visitor has: the quantiles of RetailRocket's heavy-tailed distribution, at any number
 * of rows; it refuses chance.
 */

/** Share of visitors with more than one event in RetailRocket's events.csv (71.16 % have one). */
const SHARE_ABOVE_ONE = 0.2884
/**
 * The tail `SHARE_ABOVE_ONE * (scale / (n + scale - 2)) ^ 1.5`, with which the mean is RetailRocket's 1.958
 * and the heaviest of 1.4 million about 7,700.
 */
const TAIL_SCALE = 1.38
const HEAVIEST = 7_710

export interface VisitorSizes {
  readonly visitors: number
  /** Events of the visitor at this rank, 0 being the lightest. The sizes add up to the wanted events. */
  sizeAt(rank: number): number
}

export function planVisitorSizes(events: number): VisitorSizes {
  let low = 0
  let high = events
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (totalEvents(countAtLeast(middle)) <= events) low = middle
    else high = middle - 1
  }
  const atLeast = countAtLeast(low)
  const singles = events - totalEvents(atLeast)
  return {
    visitors: low + singles,
    sizeAt: (rank) => (rank < singles ? 1 : sizeOf(low - (rank - singles), atLeast)),
  }
}

/** `result[n - 1]`: visitors with at least n events. */
function countAtLeast(visitors: number): number[] {
  const counts: number[] = [visitors]
  for (let size = 2; size <= HEAVIEST; size++) {
    const ratio = TAIL_SCALE / (size + TAIL_SCALE - 2)
    const count = Math.floor(visitors * SHARE_ABOVE_ONE * ratio * Math.sqrt(ratio) + 0.5)
    if (count === 0) break
    counts.push(count)
  }
  return counts
}

function totalEvents(atLeast: readonly number[]): number {
  return atLeast.reduce((sum, count) => sum + count, 0)
}

/**
 * The size of the visitor that is `place`-th from the heaviest (1 = heaviest): the largest n with at least
 * `place` visitors of n events.
 */
function sizeOf(place: number, atLeast: readonly number[]): number {
  let low = 1
  let high = atLeast.length
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if ((atLeast[middle - 1] ?? 0) >= place) low = middle
    else high = middle - 1
  }
  return low
}
