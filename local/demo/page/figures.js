/* Every number on the page, computed from the view rows and the filters; it draws nothing and refuses to add what is not additive. */
globalThis.caecFigures = (function () {
  'use strict'

  const FILTERS = {
    dates: 'Date range',
    eventTypes: 'Event type',
    signupMonths: 'Signup month',
  }

  /* Which filter acts on which chart, and why one cannot. A filter not named here applies. */
  const NOT_APPLICABLE = {
    totals: { eventTypes: 'a session is counted once whatever events it holds' },
    engagement: { eventTypes: 'a session is counted once whatever events it holds' },
    volume: {},
    funnel: { eventTypes: 'each step already is an event type' },
    products: { eventTypes: 'only transactions sell a product' },
    cohorts: { eventTypes: 'a session is counted once whatever events it holds' },
  }

  /* INT64 above 2^53 arrives as a string: exact sums need BigInt then. */
  const number = (value) => (typeof value === 'string' ? BigInt(value) : (value ?? 0))
  const plus = (left, right) =>
    typeof left === 'bigint' || typeof right === 'bigint' ? BigInt(left) + BigInt(right) : left + right
  const ratio = (part, whole) => (Number(whole) === 0 ? null : Number(part) / Number(whole))

  function chosen(rows, filters, dateColumn) {
    return rows.filter(
      (row) =>
        row[dateColumn] >= filters.from &&
        row[dateColumn] <= filters.to &&
        filters.signupMonths.has(row.signup_month),
    )
  }

  function sum(rows, columns, key) {
    const groups = new Map()
    for (const row of rows) {
      const name = key(row)
      const group = groups.get(name) ?? Object.fromEntries(columns.map((column) => [column, 0]))
      for (const column of columns) group[column] = plus(group[column], number(row[column]))
      groups.set(name, group)
    }
    return groups
  }

  const byKey = (groups) => [...groups].sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0))

  function compareItems(left, right) {
    const [a, b] = [BigInt(left), BigInt(right)]
    return a < b ? -1 : a > b ? 1 : 0
  }

  function engagement(views, filters) {
    const columns = ['sessions', 'events', 'single_event_sessions', 'duration_seconds']
    const rows = chosen(views.kpi_daily_sessions, filters, 'session_date')
    const days = byKey(sum(rows, columns, (row) => row.session_date)).map(([date, group]) => ({
      date,
      ...group,
    }))
    const months = byKey(sum(rows, columns, (row) => row.session_date.slice(0, 7))).map(([month, group]) => ({
      month,
      ...group,
      ...perSession(group),
    }))
    return { days, months }
  }

  const perSession = (group) => ({
    eventsPerSession: ratio(group.events, group.sessions),
    singleEventShare: ratio(group.single_event_sessions, group.sessions),
    secondsPerSession: ratio(group.duration_seconds, group.sessions),
  })

  function totals(views, filters) {
    const daily = sum(
      chosen(views.kpi_daily_sessions, filters, 'session_date'),
      ['sessions', 'events', 'single_event_sessions', 'duration_seconds'],
      () => 'all',
    ).get('all') ?? { sessions: 0, events: 0, single_event_sessions: 0, duration_seconds: 0 }
    const converted = sum(
      chosen(views.kpi_conversion_rate, filters, 'session_date'),
      ['sessions', 'sessions_with_purchase'],
      () => 'all',
    ).get('all') ?? { sessions: 0, sessions_with_purchase: 0 }
    return {
      ...daily,
      ...perSession(daily),
      sessionsWithPurchase: converted.sessions_with_purchase,
      conversionRate: ratio(converted.sessions_with_purchase, converted.sessions),
    }
  }

  function volume(views, filters) {
    const rows = chosen(views.kpi_event_volume_by_type, filters, 'event_date').filter((row) =>
      filters.eventTypes.has(row.event_type),
    )
    const labels = new Map(views.kpi_event_volume_by_type.map((row) => [row.event_type, row.event_label]))
    const order = new Map(views.event_type_lookup.map((row) => [row.event_type, row.funnel_step]))
    const groups = sum(rows, ['events'], (row) => row.event_type)
    const all = [...groups.values()].reduce((total, group) => plus(total, group.events), 0)
    return byKey(groups)
      .sort(([left], [right]) => (order.get(left) ?? 99) - (order.get(right) ?? 99))
      .map(([eventType, group]) => ({
        eventType,
        label: labels.get(eventType) ?? eventType,
        events: group.events,
        share: ratio(group.events, all),
      }))
  }

  function funnel(views, filters) {
    const labels = new Map(views.event_type_lookup.map((row) => [row.event_type, row.event_label]))
    const names = new Map(
      views.kpi_dropoff_funnel.map((row) => [row.step, labels.get(row.step_name) ?? row.step_name]),
    )
    const groups = sum(
      chosen(views.kpi_dropoff_funnel, filters, 'session_date'),
      ['sessions', 'sessions_previous_step'],
      (row) => row.step,
    )
    return [...groups]
      .sort(([left], [right]) => left - right)
      .map(([step, group]) => ({
        step,
        name: names.get(step),
        sessions: group.sessions,
        previous: group.sessions_previous_step,
        dropOff:
          Number(group.sessions_previous_step) === 0
            ? null
            : 1 - Number(group.sessions) / Number(group.sessions_previous_step),
      }))
  }

  function products(views, filters) {
    const names = new Map(views.kpi_top_products_named.map((row) => [String(row.item_id), row.product_name]))
    const groups = sum(
      chosen(views.kpi_top_products_named, filters, 'event_date'),
      ['transaction_lines', 'orders'],
      (row) => String(row.item_id),
    )
    return [...groups]
      .sort(
        ([leftId, left], [rightId, right]) =>
          Number(right.transaction_lines) - Number(left.transaction_lines) || compareItems(leftId, rightId),
      )
      .slice(0, 10)
      .map(([itemId, group], index) => ({
        rank: index + 1,
        itemId,
        name: names.get(itemId) ?? null,
        lines: group.transaction_lines,
        orders: group.orders,
      }))
  }

  function cohorts(views, filters) {
    const rows = chosen(views.kpi_sessions_by_signup_cohort, filters, 'session_date')
    const groups = sum(
      rows,
      ['sessions', 'sessions_with_purchase'],
      (row) => `${row.signup_month}|${row.session_date.slice(0, 7)}`,
    )
    return byKey(groups).map(([key, group]) => {
      const [signupMonth, month] = key.split('|')
      return {
        signupMonth,
        month,
        ...group,
        conversionRate: ratio(group.sessions_with_purchase, group.sessions),
      }
    })
  }

  /* What the filters can be set to, from the data itself. */
  function domain(views) {
    const dates = [
      ...views.kpi_daily_sessions.map((row) => row.session_date),
      ...views.kpi_event_volume_by_type.map((row) => row.event_date),
    ].sort()
    const months = [
      ...new Set(
        [...views.kpi_daily_sessions, ...views.kpi_event_volume_by_type].map((row) => row.signup_month),
      ),
    ].sort()
    const known = [...views.event_type_lookup]
      .sort((left, right) => (left.funnel_step ?? 99) - (right.funnel_step ?? 99))
      .map((row) => ({ value: row.event_type, label: row.event_label }))
    const seen = new Map(views.kpi_event_volume_by_type.map((row) => [row.event_type, row.event_label]))
    for (const { value } of known) seen.delete(value)
    return {
      from: dates[0] ?? '',
      to: dates.at(-1) ?? '',
      signupMonths: months,
      eventTypes: [...known, ...[...seen].map(([value, label]) => ({ value, label }))],
    }
  }

  function activeFilters(filters, all) {
    const active = []
    if (filters.from !== all.from || filters.to !== all.to) active.push('dates')
    if (filters.eventTypes.size !== all.eventTypes.length) active.push('eventTypes')
    if (filters.signupMonths.size !== all.signupMonths.length) active.push('signupMonths')
    return active
  }

  /* One sentence per active filter that a chart cannot obey. */
  function notes(chart, filters, all) {
    return activeFilters(filters, all)
      .filter((name) => NOT_APPLICABLE[chart][name] !== undefined)
      .map((name) => `The filter “${FILTERS[name]}” does not apply here: ${NOT_APPLICABLE[chart][name]}.`)
  }

  return { totals, engagement, volume, funnel, products, cohorts, domain, notes }
})()
