/**
 * What the views over the daily marts must say, a second time, in plain loops over events: it shares no line with
 * dbt or the views, and keeps nothing by day before it counts.
 */
import { cutSessions, dayOf, group, RANK, type Event, type Session } from './truth.ts'

const DAY_MS = 86_400_000
const NOT_SET = '(not set)'
const month = (ms: number): string => `${dayOf(ms).slice(0, 7)}-01`
/** 1970-01-05 was a Monday. */
const week = (ms: number): string =>
  dayOf(ms - ((((ms - 4 * DAY_MS) % (7 * DAY_MS)) + 7 * DAY_MS) % (7 * DAY_MS)))
const asText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
/** Absent orders come first. */
const inOrder = (events: readonly Event[]): Event[] =>
  [...events].sort(
    (a, b) =>
      a.ms - b.ms ||
      RANK[a.type] - RANK[b.type] ||
      asText(String(a.item), String(b.item)) ||
      asText(String(a.order ?? ''), String(b.order ?? '')),
  )
const isTouch = ({ more }: Event): boolean =>
  [more?.traffic_source, more?.traffic_medium, more?.campaign].some((name) => name !== undefined)
const touchOf = (event: Event | undefined): [string, string, string] => [
  event?.more?.traffic_source ?? NOT_SET,
  event?.more?.traffic_medium ?? NOT_SET,
  event?.more?.campaign ?? NOT_SET,
]
const distinct = <T>(list: readonly T[]): number => new Set(list).size
/** NULL where no value is told at all; whole cents until the end. */
const money = (events: readonly Event[]): number | null => {
  const told = events.flatMap(({ more }) => more?.cents ?? [])
  return told.length === 0 ? null : told.reduce((sum, cents) => sum + cents, 0) / 100
}
const cleanPage = (page: string | undefined): string => (page ?? '').split(/[?#]/)[0] || NOT_SET

/** Rows of the views by their grain, without data_through, in no order; NUMERIC as numbers. */
export function expectedDailyViews(all: readonly Event[]): Record<string, Record<string, unknown>[]> {
  const sessions = cutSessions(all).map((session) => ({ ...session, events: inOrder(session.events) }))
  const byVisitor = new Map(
    [...Map.groupBy(all, ({ visitor }) => visitor)].map(([visitor, list]) => [visitor, inOrder(list)]),
  )
  const first = (visitor: number): number => byVisitor.get(visitor)![0]!.ms
  const signup = (visitor: number): string => month(first(visitor))
  const buys = ({ events }: Session): boolean => events.some(({ type }) => type === 'transaction')
  const start = (session: Session): string => dayOf(session.events[0]!.ms)
  const last = Math.max(...all.map(({ ms }) => ms))

  const visitorsPer = (period: string, of: (ms: number) => string): Record<string, unknown>[] =>
    group(all, (event) => [of(event.ms), signup(event.visitor)]).map(([[begin, signup_month], list]) => {
      const there = [...new Set(list.map(({ visitor }) => visitor))]
      const fresh = there.filter((visitor) => of(first(visitor)) === begin).length
      return {
        period,
        period_start: begin,
        signup_month,
        visitors: there.length,
        new_visitors: fresh,
        returning_visitors: there.length - fresh,
      }
    })

  const counted = (
    key: (session: Session) => unknown[],
    names: readonly string[],
  ): Record<string, unknown>[] =>
    group(sessions, key).map(([values, list]) => ({
      ...Object.fromEntries(names.map((name, index) => [name, values[index]])),
      sessions: list.length,
      sessions_with_purchase: list.filter(buys).length,
      conversion_rate: list.filter(buys).length / list.length,
    }))
  const firstTold = (session: Session, name: 'device' | 'country'): string =>
    session.events.map(({ more }) => more?.[name]).find((told) => told !== undefined) ?? NOT_SET
  const lastTouch = ({ events }: Session): [string, string, string] => {
    const purchase = events.findIndex(({ type }) => type === 'transaction')
    return touchOf((purchase < 0 ? events : events.slice(0, purchase + 1)).findLast(isTouch))
  }

  const ends = (name: string, of: (event: Event) => string): Record<string, unknown>[] => {
    const found = sessions.flatMap((session) => {
      const named = session.events.map(of).filter((value) => value !== NOT_SET)
      const row = { day: start(session), buys: buys(session) }
      return [
        { ...row, name: named[0] ?? NOT_SET, isEntry: true },
        { ...row, name: named.at(-1) ?? NOT_SET, isEntry: false },
      ]
    })
    const count = (list: typeof found, isEntry: boolean, ofBuyers: boolean): number =>
      list.filter((row) => row.isEntry === isEntry && (row.buys || !ofBuyers)).length
    return group(found, (row) => [row.day, row.name]).map(([[session_date, value], list]) => ({
      session_date,
      [name]: value,
      entries: count(list, true, false),
      entries_with_purchase: count(list, true, true),
      exits: count(list, false, false),
      exits_with_purchase: count(list, false, true),
    }))
  }

  const lines = sessions.flatMap((session) =>
    session.events.map((event) => ({ ...event, session, currency: event.more?.currency ?? NOT_SET })),
  )
  const perCurrency = group(
    lines.filter(({ type }) => ['addtocart', 'transaction', 'refund'].includes(type)),
    (line) => [start(line.session), line.currency],
  ).map(([[session_date, currency], list]) => {
    const added = list.filter(({ type }) => type === 'addtocart')
    const left = added.filter(({ session }) => !buys(session))
    const sold = list.filter(({ type }) => type === 'transaction')
    const ordered = sold.filter(({ order }) => order !== undefined)
    const orders = (rows: typeof sold): number =>
      distinct(rows.map((row) => `${row.session.id} ${row.order}`))
    const withValue = orders(ordered.filter(({ more }) => more?.cents !== undefined))
    return {
      key: { session_date, currency },
      cart: {
        carts: distinct(added.map(({ session }) => session.id)),
        abandoned_carts: distinct(left.map(({ session }) => session.id)),
        cart_value: money(added),
        abandoned_value: money(left),
      },
      money: {
        orders: orders(ordered),
        orders_with_value: withValue,
        revenue: money(sold),
        revenue_of_orders: money(ordered),
        average_order_value: withValue === 0 ? null : money(ordered)! / withValue,
        refunded_value: money(list.filter(({ type }) => type === 'refund')),
      },
    }
  })

  return {
    kpi_unique_visitors: [
      ...visitorsPer('day', dayOf),
      ...visitorsPer('week', week),
      ...visitorsPer('month', month),
    ],
    kpi_first_and_returning_sessions: group(sessions, (session) => [
      start(session),
      signup(session.visitor),
    ]).map(([[session_date, signup_month], list]) => {
      const isFirst = (session: Session): boolean => session.events[0]!.ms === first(session.visitor)
      const [fresh, again] = [list.filter(isFirst), list.filter((session) => !isFirst(session))]
      return {
        session_date,
        signup_month,
        first_sessions: fresh.length,
        first_sessions_with_purchase: fresh.filter(buys).length,
        returning_sessions: again.length,
        returning_sessions_with_purchase: again.filter(buys).length,
      }
    }),
    kpi_retention_by_week: group([...byVisitor], ([visitor, events]) => [
      week(events[0]!.ms),
      signup(visitor),
    ]).flatMap(([[cohort, signup_month], cohortVisitors]) => {
      const monday = Date.parse(String(cohort))
      const weeks = Math.floor((last - monday) / (7 * DAY_MS)) + 1
      return Array.from({ length: weeks }, (_, n) => {
        const begin = monday + n * 7 * DAY_MS
        const visitors = cohortVisitors.filter(([, events]) =>
          events.some(({ ms }) => ms >= begin && ms < begin + 7 * DAY_MS),
        ).length
        return {
          cohort_week: cohort,
          signup_month,
          weeks_since_first: n,
          cohort_visitors: cohortVisitors.length,
          visitors,
          retention_rate: visitors / cohortVisitors.length,
          is_week_over: begin + 7 * DAY_MS <= last,
        }
      })
    }),
    kpi_time_to_convert: group(
      [...byVisitor].flatMap(([visitor, events]) => {
        const purchase = events.find(({ type }) => type === 'transaction')
        if (purchase === undefined) return []
        const inFirst = sessions.find(
          (session) => session.visitor === visitor && session.events[0]!.ms === events[0]!.ms,
        )!
        return [{ visitor, ms: purchase.ms, taken: purchase.ms - events[0]!.ms, isFirst: buys(inFirst) }]
      }),
      ({ visitor, ms, taken }) => [dayOf(ms), signup(visitor), Math.floor(taken / DAY_MS)],
    ).map(([[first_purchase_date, signup_month, days_to_convert], list]) => ({
      first_purchase_date,
      signup_month,
      days_to_convert,
      visitors: list.length,
      visitors_in_first_session: list.filter(({ isFirst }) => isFirst).length,
      seconds_to_convert: list.reduce((sum, { taken }) => sum + taken, 0) / 1000,
    })),
    kpi_cart_abandonment: perCurrency.flatMap(({ key, cart }) =>
      cart.carts === 0 ? [] : [{ ...key, ...cart, abandonment_rate: cart.abandoned_carts / cart.carts }],
    ),
    kpi_revenue: perCurrency.flatMap(({ key, money: row }) =>
      row.orders === 0 && row.revenue === null && row.refunded_value === null ? [] : [{ ...key, ...row }],
    ),
    kpi_event_transitions: group(
      sessions.flatMap((session) => {
        const steps = session.events
          .filter(({ ms, type }, index, list) => ms !== list[index - 1]?.ms || type !== list[index - 1]?.type)
          .map(({ type }): string => type)
        return ['(start)', ...steps].map((from, index) => [start(session), from, steps[index] ?? '(end)'])
      }),
      (pair) => pair,
    ).map(([[session_date, from_event, to_event], list]) => ({
      session_date,
      from_event,
      to_event,
      transitions: list.length,
    })),
    kpi_entry_exit_items: ends('item_id', ({ item }) => String(item)),
    kpi_entry_exit_pages: ends('page', ({ more }) => cleanPage(more?.page)),
    kpi_sessions_by_last_touch: counted(
      (session) => [start(session), ...lastTouch(session)],
      ['session_date', 'traffic_source', 'traffic_medium', 'campaign'],
    ),
    kpi_sessions_by_first_touch: counted(
      (session) => [
        start(session),
        signup(session.visitor),
        ...touchOf(byVisitor.get(session.visitor)!.find(isTouch)),
      ],
      ['session_date', 'signup_month', 'traffic_source', 'traffic_medium', 'campaign'],
    ),
    kpi_sessions_by_device: counted(
      (session) => [start(session), firstTold(session, 'device')],
      ['session_date', 'device'],
    ),
    kpi_sessions_by_country: counted(
      (session) => [start(session), firstTold(session, 'country')],
      ['session_date', 'country'],
    ),
  }
}
