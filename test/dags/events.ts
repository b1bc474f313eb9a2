/**
 * A few days of events whose sessions run over every midnight between them; deterministic, so that two runs
 * can be compared row by row.
 */

export interface DayFile {
  readonly day: string
  readonly csv: string
}

const HEADER = 'timestamp,visitorid,event,itemid,transactionid'
const DAY_MS = 86_400_000
const MINUTE_MS = 60_000

type Line = readonly [
  ms: number,
  visitor: number,
  event: 'view' | 'addtocart' | 'transaction',
  item: number,
  order?: number,
]

/**
 * One file for each of `days` days from `first` on, split by UTC day; the same line twice, and one line that
 * is no event, are in each.
 */
export function dayFiles(first: string, days: number): DayFile[] {
  const start = Date.parse(`${first}T00:00:00Z`)
  const lines = [...overMidnight(start, days), ...allNight(start, days), ...shoppers(start, days)]
  return Array.from({ length: days }, (_, index) => {
    const from = start + index * DAY_MS
    const rows = lines.filter(([ms]) => ms >= from && ms < from + DAY_MS).map(toRow)
    return {
      day: new Date(from).toISOString().slice(0, 10),
      csv: [HEADER, ...rows, rows[0]!, `${from},1,purchase,1,`, ''].join('\n'),
    }
  })
}

const toRow = ([ms, visitor, event, item, order]: Line): string =>
  [ms, visitor, event, item, order ?? ''].join(',')

/**
 * A purchase that begins before midnight and ends after it, and one whose last gap is a millisecond too long.
 */
function overMidnight(start: number, days: number): Line[] {
  return Array.from({ length: days - 1 }, (_, index) => start + (index + 1) * DAY_MS).flatMap(
    (midnight, index): Line[] => [
      [midnight - 10 * MINUTE_MS, 100 + index, 'view', 1],
      [midnight - 1, 100 + index, 'addtocart', 1],
      [midnight + 5 * MINUTE_MS, 100 + index, 'transaction', 1, 500 + index],
      [midnight - 30 * MINUTE_MS, 200 + index, 'view', 2],
      [midnight, 200 + index, 'view', 2],
      [midnight + 30 * MINUTE_MS + 1, 200 + index, 'view', 3],
    ],
  )
}

/** One visitor who never rests for half an hour: a session over all midnights. */
function allNight(start: number, days: number): Line[] {
  const steps = Math.floor(((days - 1) * DAY_MS + 60 * MINUTE_MS) / (25 * MINUTE_MS))
  return Array.from({ length: steps }, (_, step): Line => [
    start + DAY_MS - 30 * MINUTE_MS + step * 25 * MINUTE_MS,
    300,
    step % 7 === 3 ? 'addtocart' : 'view',
    step % 5,
  ])
}

function shoppers(start: number, days: number): Line[] {
  let state = 7
  const next = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  return Array.from({ length: 60 * days }, (_, index): Line => {
    const event = (['view', 'view', 'view', 'addtocart', 'transaction'] as const)[next(5)]!
    return [
      start + next(days * DAY_MS),
      400 + next(40),
      event,
      next(30),
      event === 'transaction' ? 10_000 + index : undefined,
    ]
  })
}
