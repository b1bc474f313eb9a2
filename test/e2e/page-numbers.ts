/**
 * Every number the page shows under some filters, held against SQL on the facts; it refuses to take one from the
 * views or from the page's own figures.
 */
import { expect } from '@jest/globals'
import type { Filters, OpenPage, Shown } from './page-reader.ts'
import type { Row, Truths } from './truths.ts'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
const MOST_WEEKLY_DAYS = 92
const shift = (date: string, days: number): string =>
  new Date(Date.parse(date) + days * DAY_MS).toISOString().slice(0, 10)
const daysOf = ({ from, to }: Filters): string[] =>
  Array.from({ length: (Date.parse(to) - Date.parse(from)) / DAY_MS + 1 }, (_, index) => shift(from, index))

/** Filters from a seeded generator, so that a failure can be repeated. */
export function pickAtRandom(seed: number): (all: Filters) => Filters {
  let state = seed
  const next = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  const some = (values: readonly string[]): string[] => values.filter(() => next(2) === 1)
  return (all) => {
    const covered = daysOf(all)
    const day = (): string => covered[next(covered.length)] ?? all.from
    const [from, to] = [day(), day()].sort() as [string, string]
    return { from, to, eventTypes: some(all.eventTypes), signupMonths: some(all.signupMonths) }
  }
}

/** Moves the page through all, none, some and `count` random filters, and compares each time. */
export async function expectNumbers(page: OpenPage, truths: Truths, count: number): Promise<void> {
  const all = await page.domain()
  const random = pickAtRandom(20261123)
  const lastWeek = { ...all, from: shift(all.to, -6) }
  const tries = [
    all,
    lastWeek,
    { ...lastWeek, to: shift(all.to, -1) },
    { ...all, eventTypes: ['view'] },
    { ...all, signupMonths: all.signupMonths.slice(0, 1) },
    { ...all, eventTypes: [], signupMonths: [] },
    ...Array.from({ length: count }, () => random(all)),
  ]
  for (const filters of tries) await expectShown(await page.set(filters), filters, all, truths)
  await page.set(all)
}

const anyOf = (column: string, values: readonly string[]): string =>
  values.length === 0 ? 'FALSE' : `${column} IN (${values.map((value) => `'${value}'`).join(', ')})`
const within = ({ from, to, signupMonths }: Filters, column: string): string =>
  `${column} BETWEEN '${from}' AND '${to}' AND ${anyOf('signup', signupMonths)}`

async function totalsOf(truths: Truths, filters: Filters): Promise<Readonly<Record<string, number | null>>> {
  const [row] = await truths.rows(
    `SELECT COUNT(*) AS sessions, COALESCE(SUM(events), 0)::BIGINT AS events, COUNT(*) FILTER (has_purchase) / NULLIF(COUNT(*), 0) AS "conversionRate",
      COUNT(*) FILTER (events = 1) / NULLIF(COUNT(*), 0) AS "singleEventShare", SUM(seconds) / NULLIF(COUNT(*), 0) AS "secondsPerSession",
      (SELECT COUNT(*) FROM events WHERE event = 'transaction' AND ${within(filters, 'event_date')}) AS lines,
      (SELECT COUNT(*) FROM events WHERE ${within(filters, 'event_date')}) AS own
      FROM sessions WHERE ${within(filters, 'session_date')}`,
  )
  return row as Readonly<Record<string, number | null>>
}

/** Nine digits are what two orders of adding floating point numbers agree in. */
const exact = (value: unknown): string | number =>
  value === null || value === undefined || value === '' ? '' : Number(Number(value).toPrecision(9))
const tableOf = (shown: Shown, name: string, fields: readonly string[]): Map<string, unknown[]> =>
  new Map(
    Object.entries(shown.tables[name] ?? {}).map(([key, row]) => [
      key,
      fields.map((field) => exact(row[field])),
    ]),
  )
const mapOf = (rows: readonly Row[], key: string, fields: readonly string[]): Map<string, unknown[]> =>
  new Map(rows.map((row) => [String(row[key]), fields.map((field) => exact(row[field]))]))

async function expectShown(shown: Shown, filters: Filters, all: Filters, truths: Truths): Promise<void> {
  const context = JSON.stringify(filters)
  const expectTable = async (
    name: string,
    key: string,
    fields: readonly string[],
    sql: string,
  ): Promise<void> => {
    expect([context, name, tableOf(shown, name, fields)]).toEqual([
      context,
      name,
      mapOf(await truths.rows(sql), key, fields),
    ])
  }
  const started = within(filters, 'session_date')
  const totals = await totalsOf(truths, filters)
  const { own, ...metrics } = totals
  for (const [name, value] of Object.entries(metrics))
    expect([context, name, exact(shown.tiles[name]?.value)]).toEqual([context, name, exact(value)])
  expect(shown.tiles.conversionRate?.text).toBe(
    totals.conversionRate === null ? '–' : `${(100 * Number(totals.conversionRate)).toFixed(2)} %`,
  )
  expect([context, shown.tiles.events?.detail]).toEqual([
    context,
    own === totals.events
      ? 'as many as on these days'
      : `${Number(own).toLocaleString('en-US')} on these days`,
  ])

  const span = daysOf(filters).length
  const isCompared = shift(filters.from, -span) >= all.from
  const before = { ...filters, from: shift(filters.from, -span), to: shift(filters.from, -1) }
  expectDeltas(shown, metrics, isCompared ? await totalsOf(truths, before) : null, context)

  const [last] = await truths.rows('SELECT MAX(us) // 1000 AS ms FROM events')
  const isPartial = Date.parse(shift(all.to, 1)) - Number(last?.ms) > HOUR_MS
  const perDay = mapOf(
    await truths.rows(
      `SELECT session_date::VARCHAR AS day, COUNT(*) AS sessions, SUM(events)::BIGINT AS events, COUNT(*) FILTER (has_purchase) / COUNT(*) AS rate FROM sessions WHERE ${anyOf('signup', filters.signupMonths)} GROUP BY ALL`,
    ),
    'day',
    ['sessions', 'events', 'rate'],
  )
  const countOn = (day: string): number => Number(perDay.get(day)?.[0] ?? 0)
  const meanUpTo = (day: string): number | null =>
    shift(day, -6) < all.from || (isPartial && day === all.to)
      ? null
      : [0, 1, 2, 3, 4, 5, 6].reduce((sum, back) => sum + countOn(shift(day, -back)), 0) / 7
  expect([
    context,
    tableOf(shown, 'trend', ['sessions', 'mean', 'previous', 'events', 'conversionRate']),
  ]).toEqual([
    context,
    new Map(
      daysOf(filters).map((day) => {
        const [, events, rate] = perDay.get(day) ?? [0, 0, '']
        const previous = isCompared ? countOn(shift(day, -span)) : null
        return [day, [countOn(day), exact(meanUpTo(day)), exact(previous), events, rate]]
      }),
    ),
  ])
  await expectTable(
    'months',
    'month',
    ['sessions', 'events', 'single_event_sessions'],
    `SELECT strftime(session_date, '%Y-%m') AS month, COUNT(*) AS sessions, SUM(events)::BIGINT AS events, COUNT(*) FILTER (events = 1) AS single_event_sessions FROM sessions WHERE ${started} GROUP BY ALL`,
  )
  const ofTypes = `${within(filters, 'event_date')} AND ${anyOf('event', filters.eventTypes)}`
  await expectTable(
    'volume',
    'event',
    ['events', 'share', 'most'],
    `SELECT event, SUM(n)::BIGINT AS events, SUM(n) / SUM(SUM(n)) OVER () AS share, MAX(n) AS most FROM (SELECT event, event_date, COUNT(*) AS n FROM events WHERE ${ofTypes} GROUP BY ALL) GROUP BY event`,
  )
  const found = await truths.rows(
    `SELECT event_date::VARCHAR || ' ' || event AS cell, COUNT(*) AS n FROM events WHERE ${ofTypes} GROUP BY ALL`,
  )
  const cells = Object.entries(shown.tables['volume-days'] ?? {}).flatMap(([day, { date: _, ...types }]) =>
    Object.entries(types).map(([type, value]) => [`${day} ${type}`, Number(value)] as const),
  )
  expect([context, new Map(cells.filter(([, value]) => value > 0))]).toEqual([
    context,
    new Map(found.map((row) => [String(row.cell), Number(row.n)])),
  ])
  await expectTable(
    'funnel',
    'step',
    ['sessions', 'previous', 'lost', 'stepRate', 'overallRate'],
    [1, 2, 3]
      .map(
        (step) =>
          `SELECT ${step} AS step, COUNT(*) FILTER (reached >= ${step}) AS sessions, COUNT(*) FILTER (reached >= ${step - 1}) AS previous, COUNT(*) FILTER (reached = ${step - 1}) AS lost,
            COUNT(*) FILTER (reached >= ${step}) / NULLIF(COUNT(*) FILTER (reached >= ${step - 1}), 0) AS "stepRate", COUNT(*) FILTER (reached >= ${step}) / COUNT(*) AS "overallRate" FROM sessions WHERE ${started} HAVING COUNT(*) > 0`,
      )
      .join(' UNION ALL '),
  )
  await expectTable(
    'products',
    'item',
    ['rank', 'lines', 'orders', 'share'],
    `SELECT item, ROW_NUMBER() OVER (ORDER BY SUM(n) DESC, TRY_CAST(item AS BIGINT), item) AS rank, SUM(n)::BIGINT AS lines, SUM(orders)::BIGINT AS orders, SUM(n) / SUM(SUM(n)) OVER () AS share
      FROM (SELECT item, COUNT(*) AS n, COUNT(*) FILTER (trx IS NOT NULL AND is_first) AS orders FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY trx, item, signup ORDER BY event_date) = 1 AS is_first FROM events WHERE event = 'transaction') WHERE ${within(filters, 'event_date')} GROUP BY item) GROUP BY item ORDER BY rank LIMIT 10`,
  )
  const bucket =
    span > MOST_WEEKLY_DAYS
      ? `strftime(session_date, '%Y-%m')`
      : `date_trunc('week', session_date)::DATE::VARCHAR`
  await expectTable(
    'cohorts',
    'cell',
    ['sessions', 'sessions_with_purchase', 'conversionRate'],
    `SELECT signup::VARCHAR || '|' || ${bucket} AS cell, COUNT(*) AS sessions, COUNT(*) FILTER (has_purchase) AS sessions_with_purchase, COUNT(*) FILTER (has_purchase) / COUNT(*) AS "conversionRate" FROM sessions WHERE ${started} GROUP BY ALL`,
  )

  const inPeriod = `session_date BETWEEN '${filters.from}' AND '${filters.to}'`
  const named = (field: string): string => `COALESCE(${field}, '(not set)')`
  for (const [name, title] of [
    [
      'sources',
      `regexp_replace(${['touch.source', 'touch.medium', 'touch.campaign'].map(named).join(" || ' / ' || ")}, '( / \\(not set\\)){1,2}$', '')`,
    ],
    ['devices', named('device')],
  ] as const)
    await expectTable(
      name,
      'name',
      ['sessions', 'share', 'sessions_with_purchase', 'conversionRate'],
      `SELECT ${title} AS name, COUNT(*) AS sessions, COUNT(*) / SUM(COUNT(*)) OVER () AS share, COUNT(*) FILTER (has_purchase) AS sessions_with_purchase, COUNT(*) FILTER (has_purchase) / COUNT(*) AS "conversionRate"
        FROM sessions JOIN origins USING (visitor, session) WHERE ${inPeriod} GROUP BY name ORDER BY sessions DESC, name LIMIT 10`,
    )
  await expectTable(
    'retention',
    'cell',
    ['cohort', 'visitors', 'rate'],
    `WITH seen AS (SELECT DISTINCT visitor, signup, date_trunc('week', event_date)::DATE AS week FROM events),
      cohorts AS (SELECT visitor, signup, MIN(week) AS cohort FROM seen GROUP BY ALL),
      grid AS (SELECT visitor, cohort, UNNEST(generate_series(cohort, (SELECT MAX(event_date) FROM events), INTERVAL 7 DAY))::DATE AS week FROM cohorts
        WHERE cohort <= '${filters.to}' AND cohort + 6 >= '${filters.from}' AND ${anyOf('signup', filters.signupMonths)})
      SELECT cohort::VARCHAR || '|' || (week - cohort) // 7 AS cell, COUNT(*) AS cohort, COUNT(seen.visitor) AS visitors, COUNT(seen.visitor) / COUNT(*) AS rate
      FROM grid LEFT JOIN (SELECT visitor, week FROM seen) AS seen USING (visitor, week) GROUP BY cohort, week`,
  )

  const isTypeActive = filters.eventTypes.length !== all.eventTypes.length
  for (const section of [
    'totals',
    'trend',
    'funnel',
    'products',
    'cohorts',
    'retention',
    'sources',
    'devices',
  ])
    expect([section, (shown.notes[section] ?? '').includes('Event type')]).toEqual([section, isTypeActive])
  expect(shown.notes.volume).toBe('')
}

const SHARES = ['conversionRate', 'singleEventShare']

function expectDeltas(
  shown: Shown,
  now: Readonly<Record<string, number | null>>,
  before: Readonly<Record<string, number | null>> | null,
  context: string,
): void {
  for (const [name, value] of Object.entries(now)) {
    const then = before?.[name] ?? null
    const change =
      value === null || then === null
        ? null
        : SHARES.includes(name)
          ? value - then
          : then === 0
            ? null
            : value / then - 1
    const delta = shown.deltas[name]
    expect([context, name, delta?.isShown]).toEqual([context, name, before !== null])
    expect([context, name, delta?.value === '']).toEqual([context, name, change === null])
    if (change !== null) expect(Number(delta?.value)).toBeCloseTo(change, 9)
  }
}
