/**
 * When a visitor's events happen: sessions, the pauses inside and between them; it refuses to leave the
 * calendar.
 */
import { drawInstant, FIRST_MS, LAST_MS, RING_MS } from './calendar.ts'
import type { RandomSource } from './random-source.ts'

export const GAP_MS = 1_800_000
/**
 * Chance that a further event starts a new session: with it 1.4 million visitors make RetailRocket's 1.76
 * million sessions.
 */
const NEW_SESSION_PPM = 262_600
/**
 * Pauses exactly at the border, 1,800,000 ms (same session) and 1,800,001 ms (new session): a wrong rule
 * shows in the counts.
 */
const BORDER_PPM = 500
const DAY_MS = 86_400_000

/** One event's place: its time, and whether it opens a session. */
export interface Moment {
  timestampMs: number
  isFirst: boolean
}

/**
 * Fills `moments[0..size-1]` in time order; the array is reused from visitor to visitor. The calendar is a
 * ring: a visitor begins anywhere on it, and who passes its end goes on at its beginning. So no week sees more
 * of the visitors who come again than another, as in a window cut out of a shop's life.
 */
export function planMoments(random: RandomSource, size: number, moments: Moment[]): void {
  let busyMs = 0
  let sessions = 1
  for (let index = 1; index < size; index++) {
    const isFirst = random.chance(NEW_SESSION_PPM)
    const pauseMs = isFirst ? 0 : drawPause(random)
    moments[index] = { timestampMs: pauseMs, isFirst }
    busyMs += pauseMs
    if (isFirst) sessions++
  }
  // Also between the last session and the first one, where the ring closes.
  let freeMs = RING_MS - busyMs - sessions * (GAP_MS + 1)
  if (freeMs < 0) throw new RangeError(`a visitor with ${size} events does not fit the calendar`)
  let now = drawInstant(random, FIRST_MS, LAST_MS)
  moments[0] = { timestampMs: now, isFirst: true }
  for (let index = 1; index < size; index++) {
    const moment = moments[index]
    if (moment === undefined) break
    if (moment.isFirst) {
      sessions--
      const absentMs = random.chance(BORDER_PPM)
        ? 0
        : drawAbsence(random, now + GAP_MS + 1, Math.floor(freeMs / sessions))
      freeMs -= absentMs
      now += GAP_MS + 1 + absentMs
    } else now += moment.timestampMs
    moment.timestampMs = now
  }
  closeRing(moments, size)
}

/** Moments beyond the calendar become its first ones. A session that is cut there is two. */
function closeRing(moments: Moment[], size: number): void {
  let beyond = size
  while (beyond > 0 && (moments[beyond - 1]?.timestampMs ?? 0) > LAST_MS) beyond--
  if (beyond === size) return
  const wrapped = moments.slice(beyond, size)
  for (const moment of wrapped) moment.timestampMs -= RING_MS
  for (let index = beyond - 1; index >= 0; index--) moments[index + wrapped.length] = moments[index]!
  for (const [index, moment] of wrapped.entries()) moments[index] = moment
  moments[0]!.isFirst = true
}

function drawPause(random: RandomSource): number {
  if (random.chance(BORDER_PPM)) return GAP_MS
  const half = random.fraction() * random.fraction()
  return 1_000 + Math.floor(half * half * (GAP_MS - 2_000))
}

/**
 * Milliseconds beyond the gap until the next session: soon, within a day or two, or weeks; never more than
 * `limitMs`.
 */
function drawAbsence(random: RandomSource, earliestMs: number, limitMs: number): number {
  const kind = random.below(10)
  const reach = random.fraction()
  const spanMs =
    kind < 3 ? 3 * 3_600_000 : kind < 7 ? 2 * DAY_MS : Math.floor(reach * reach * 40 * DAY_MS) + 1
  return drawInstant(random, earliestMs, earliestMs + Math.min(spanMs, limitMs)) - earliestMs
}
