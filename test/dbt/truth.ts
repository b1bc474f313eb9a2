/**
 * The contract's sessions and numbers a second time, in plain loops over events: shares no line with Spark,
 * dbt or the views.
 */

export interface Event {
  readonly ms: number
  readonly visitor: number
  readonly type: 'view' | 'addtocart' | 'transaction' | 'checkout' | 'refund'
  readonly item: number
  readonly order?: number
  /** What a source may tell of an event besides, by the names of the contract; `value` in cents. */
  readonly more?: {
    readonly cents?: number
    readonly currency?: string
    readonly page?: string
    readonly traffic_source?: string
    readonly traffic_medium?: string
    readonly campaign?: string
    readonly device?: string
    readonly country?: string
  }
}
export interface Session {
  readonly id: string
  readonly visitor: number
  readonly events: readonly Event[]
}

export const RANK = { view: 0, addtocart: 1, checkout: 2, transaction: 3, refund: 4 }
export const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10)

export function cutSessions(events: readonly Event[]): Session[] {
  const sessions: { id: string; visitor: number; events: Event[] }[] = []
  const ordered = [...events].sort(
    (a, b) =>
      a.visitor - b.visitor ||
      a.ms - b.ms ||
      RANK[a.type] - RANK[b.type] ||
      a.item - b.item ||
      (a.order ?? 0) - (b.order ?? 0),
  )
  for (const event of ordered) {
    const last = sessions.at(-1)
    if (
      last?.visitor === event.visitor &&
      event.ms - last.events.at(-1)!.ms <= 1_800_000 &&
      event.ms - last.events[0]!.ms <= 86_400_000
    )
      last.events.push(event)
    else sessions.push({ id: `${event.visitor}-${event.ms}`, visitor: event.visitor, events: [event] })
  }
  return sessions
}

/** 0–3: how far the session got from view over cart to transaction, reading its events in order once. */
export function funnelStep(session: Session): number {
  const path = ['view', 'addtocart', 'transaction']
  let step = 0
  for (const event of session.events) if (event.type === path[step]) step++
  return step
}

export function sessionRow(session: Session): Record<string, unknown> {
  const first = session.events[0]!
  const last = session.events.at(-1)!
  const count = (type: Event['type']): number => session.events.filter((event) => event.type === type).length
  return {
    session_id: session.id,
    visitor_id: String(session.visitor),
    session_start_ts: first.ms,
    session_end_ts: last.ms,
    session_date: dayOf(first.ms),
    duration_seconds: (last.ms - first.ms) / 1000,
    events: session.events.length,
    views: count('view'),
    carts: count('addtocart'),
    transactions: count('transaction'),
    orders: new Set(
      session.events.flatMap((event) => (event.type === 'transaction' ? (event.order ?? []) : [])),
    ).size,
    items: new Set(session.events.map((event) => event.item)).size,
    has_view: count('view') > 0,
    has_cart: count('addtocart') > 0,
    has_purchase: count('transaction') > 0,
    funnel_step: funnelStep(session),
  }
}

/** Rows of the views by their grain, without data_through, in no order. */
export function expectedViews(
  events: readonly Event[],
  names: ReadonlyMap<number, string>,
): Record<string, Record<string, unknown>[]> {
  const sessions = cutSessions(events)
  const firstMs = new Map<number, number>()
  for (const event of events)
    firstMs.set(event.visitor, Math.min(event.ms, firstMs.get(event.visitor) ?? Infinity))
  const month = (visitor: number): string => `${dayOf(firstMs.get(visitor)!).slice(0, 7)}-01`
  const bySession = group(sessions, (session) => [dayOf(session.events[0]!.ms), month(session.visitor)])
  const having = (list: readonly Session[], type: Event['type']): number =>
    list.filter((session) => session.events.some((event) => event.type === type)).length
  const labels = {
    view: 'View',
    addtocart: 'Add to cart',
    transaction: 'Purchase',
    checkout: 'Checkout',
    refund: 'Refund',
  }
  const sold = group(
    events.filter((event) => event.type === 'transaction'),
    (event) => [dayOf(event.ms), month(event.visitor), event.item],
  )
  // An order over midnight counts on the day of its first line.
  const lineOf = (...of: unknown[]): string => JSON.stringify(of)
  const began = new Map<string, unknown>()
  for (const [[day, signup, item], list] of sold.toSorted(([a], [b]) =>
    String(a[0]) < String(b[0]) ? -1 : 1,
  ))
    for (const { order } of list)
      if (!began.has(lineOf(order, item, signup))) began.set(lineOf(order, item, signup), day)
  const product = ([day, signup, item]: unknown[], list: readonly Event[]): Record<string, unknown> => ({
    event_date: day,
    signup_month: signup,
    item_id: String(item),
    transaction_lines: list.length,
    orders: new Set(
      list.flatMap(({ order }) =>
        order !== undefined && began.get(lineOf(order, item, signup)) === day ? order : [],
      ),
    ).size,
  })
  return {
    kpi_daily_sessions: bySession.map(([[day, signup], list]) => ({
      session_date: day,
      signup_month: signup,
      sessions: list.length,
      events: list.flatMap((session) => session.events).length,
      single_event_sessions: list.filter((session) => session.events.length === 1).length,
      duration_seconds:
        list.reduce((sum, session) => sum + session.events.at(-1)!.ms - session.events[0]!.ms, 0) / 1000,
    })),
    kpi_conversion_rate: bySession.map(([[day, signup], list]) => ({
      session_date: day,
      signup_month: signup,
      sessions: list.length,
      sessions_with_purchase: having(list, 'transaction'),
      conversion_rate: having(list, 'transaction') / list.length,
    })),
    kpi_funnel_summary: bySession.map(([[day, signup], list]) => ({
      session_date: day,
      signup_month: signup,
      sessions: list.length,
      sessions_with_view: having(list, 'view'),
      sessions_with_cart: having(list, 'addtocart'),
      sessions_with_purchase: having(list, 'transaction'),
    })),
    kpi_dropoff_funnel: bySession.flatMap(([[day, signup], list]) =>
      [1, 2, 3].map((step) => {
        const reached = (least: number): number =>
          list.filter((session) => funnelStep(session) >= least).length
        const before = reached(step - 1)
        return {
          session_date: day,
          signup_month: signup,
          step,
          step_name: ['view', 'addtocart', 'transaction'][step - 1],
          sessions: reached(step),
          sessions_previous_step: before,
          drop_off_rate: before === 0 ? null : (before - reached(step)) / before,
        }
      }),
    ),
    kpi_sessions_by_signup_cohort: bySession.map(([[day, signup], list]) => ({
      signup_month: signup,
      session_date: day,
      sessions: list.length,
      sessions_with_purchase: having(list, 'transaction'),
    })),
    kpi_event_volume_by_type: group(events, (event) => [
      dayOf(event.ms),
      month(event.visitor),
      event.type,
    ]).map(([[day, signup, type], list]) => ({
      event_date: day,
      signup_month: signup,
      event_type: type,
      event_label: labels[type as Event['type']],
      events: list.length,
    })),
    event_type_lookup: Object.entries(labels).flatMap(([type, label], index) =>
      index < 3 || events.some((event) => event.type === type)
        ? [{ event_type: type, event_label: label, funnel_step: index < 3 ? index + 1 : null }]
        : [],
    ),
    kpi_top_products: sold.map(([key, list]) => product(key, list)),
    kpi_top_products_named: sold.map(([key, list]) => ({
      ...product(key, list),
      product_name: names.get(list[0]!.item) ?? null,
    })),
  }
}

export function group<T>(list: readonly T[], key: (value: T) => unknown[]): [unknown[], T[]][] {
  return [...Map.groupBy(list, (value) => JSON.stringify(key(value)))].map(([text, values]) => [
    JSON.parse(text) as unknown[],
    values,
  ])
}
