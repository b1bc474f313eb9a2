/** Events of a small shop by chance, the same for a seed: sessions over midnight, ties, money, sources, what is told and what is not. */
import type { Event } from './truth.ts'

const START = Date.parse('2015-05-30T00:00:00Z')
const TYPES: readonly Event['type'][] = [
  'view',
  'view',
  'view',
  'addtocart',
  'checkout',
  'transaction',
  'refund',
]

export function randomEvents(seed: number, count: number): Event[] {
  let state = seed
  // mulberry32
  const chance = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
  const below = (limit: number): number => Math.floor(chance() * limit)
  const one = <T>(list: readonly T[]): T => list[below(list.length)]!
  const sometimes = <T>(name: string, list: readonly T[]): object =>
    chance() < 0.4 ? { [name]: one(list) } : {}
  const found = new Map<string, Event>()
  let ms = START
  let visitor = 1
  while (found.size < count) {
    // Mostly the same visitor goes on: at once, within the session, at its edge, after days; all near midnight.
    if (chance() < 0.3) {
      visitor = 1 + below(20)
      ms = START + below(24) * 86_400_000 + one([0, 3, 1380, 1420, 1439]) * 60_000
    } else ms += one([0, 0, 1, 60_000, 1_800_000, 1_800_001, 90_000_000])
    const type = one(TYPES)
    const event: Event = {
      ms,
      visitor,
      type,
      item: one([1, 2, 9, 10, 11]),
      ...(type === 'transaction' || (type === 'refund' && chance() < 0.5) ? { order: 1 + below(5) } : {}),
      more: {
        ...sometimes('cents', [0, 1, 1999, 333]),
        ...sometimes('currency', ['EUR', 'USD']),
        ...sometimes('page', [
          'https://a.example/',
          'https://a.example/?q=1',
          'https://a.example/b#c',
          '#',
          '?',
        ]),
        ...sometimes('traffic_source', ['google', 'mail']),
        ...(chance() < 0.2 ? { traffic_medium: 'cpc' } : {}),
        ...(chance() < 0.1 ? { campaign: 'spring' } : {}),
        ...sometimes('device', ['mobile', 'desktop']),
        ...sometimes('country', ['Austria', 'Chile']),
      },
    }
    // Equal in all but what is told: no order of the contract says which comes first.
    found.set([ms, visitor, type, event.item, event.order].join('|'), event)
  }
  return [...found.values()]
}
