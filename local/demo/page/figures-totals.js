/* The tiles, their change against the period before, and the trend by day and month. It refuses to average averages: means and rates are of sums. */
;(function (figures) {
  'use strict'
  const { plus, ratio, chosen, sum, sumAll, byKey } = figures

  const DAILY = ['sessions', 'events', 'single_event_sessions', 'duration_seconds']
  const CONVERTED = ['sessions', 'sessions_with_purchase']

  const rates = (group) => ({
    eventsPerSession: ratio(group.events, group.sessions),
    singleEventShare: ratio(group.single_event_sessions, group.sessions),
    secondsPerSession: ratio(group.duration_seconds, group.sessions),
  })

  function totals(views, filters) {
    const daily = sumAll(chosen(views.kpi_daily_sessions, filters, 'session_date'), DAILY)
    const converted = sumAll(chosen(views.kpi_conversion_rate, filters, 'session_date'), CONVERTED)
    const sold = sumAll(chosen(figures.soldByDay(views), filters, 'event_date'), ['transaction_lines'])
    const happened = sumAll(chosen(views.kpi_event_volume_by_type, filters, 'event_date'), ['events'])
    return {
      ...daily,
      ...rates(daily),
      lines: sold.transaction_lines,
      eventsOfTheDays: happened.events,
      sessionsWithPurchase: converted.sessions_with_purchase,
      conversionRate: ratio(converted.sessions_with_purchase, converted.sessions),
    }
  }

  /* A share changes by points, everything else by a part of what it was. */
  const METRICS = {
    sessions: { by: 'part', better: 1 },
    events: { by: 'part', better: 1 },
    conversionRate: { by: 'points', better: 1 },
    lines: { by: 'part', better: 1 },
    singleEventShare: { by: 'points', better: -1 },
    secondsPerSession: { by: 'part', better: 1 },
  }

  /* metric → { value, before, change, by, direction, isBetter }; null without a period before, change null where it has no meaning. */
  function changes(views, filters, all) {
    const before = figures.previous(filters, all)
    if (before === null) return null
    const [now, then] = [totals(views, filters), totals(views, before)]
    const found = {}
    for (const [name, { by, better }] of Object.entries(METRICS)) {
      const [left, right] = [now[name], then[name]]
      const isKnown = left !== null && right !== null
      const change = !isKnown
        ? null
        : by === 'points'
          ? Number(left) - Number(right)
          : Number(right) === 0
            ? null
            : Number(left) / Number(right) - 1
      const direction = change === null ? 0 : Math.sign(change)
      found[name] = { before: right, change, by, direction, isBetter: direction === better }
    }
    return { from: before.from, to: before.to, metrics: found }
  }

  /* One row per day of the period that the data covers: sums, rates, the same day of the period before, and the mean of seven days. */
  function trend(views, filters, all) {
    const dates = figures.days(filters, all)
    if (dates.length === 0) return []
    const before = figures.previous(filters, all)
    const partial = figures.partialDay(all)
    const reach = { ...filters, from: [all.from, figures.shift(filters.from, -6)].sort()[1] }
    const daily = sum(
      chosen(views.kpi_daily_sessions, reach, 'session_date'),
      DAILY,
      (row) => row.session_date,
    )
    const earlier = before
      ? sum(chosen(views.kpi_daily_sessions, before, 'session_date'), ['sessions'], (row) => row.session_date)
      : new Map()
    const converted = sum(
      chosen(views.kpi_conversion_rate, filters, 'session_date'),
      CONVERTED,
      (row) => row.session_date,
    )
    const sold = sum(
      chosen(figures.soldByDay(views), filters, 'event_date'),
      ['transaction_lines'],
      (row) => row.event_date,
    )
    const none = Object.fromEntries(DAILY.map((column) => [column, 0]))
    const span = figures.length(filters.from, filters.to)
    const meanOfSeven = (date) => {
      if (date === partial || figures.shift(date, -6) < all.from) return null
      let total = 0
      for (let back = 0; back < 7; back++)
        total = plus(total, daily.get(figures.shift(date, -back))?.sessions ?? 0)
      return Number(total) / 7
    }
    return dates.map((date) => {
      const group = daily.get(date) ?? none
      const bought = converted.get(date)?.sessions_with_purchase ?? 0
      return {
        date,
        ...group,
        ...rates(group),
        sessionsWithPurchase: bought,
        conversionRate: ratio(bought, group.sessions),
        lines: sold.get(date)?.transaction_lines ?? 0,
        mean: meanOfSeven(date),
        previousDate: before ? figures.shift(date, -span) : null,
        previous: before ? (earlier.get(figures.shift(date, -span))?.sessions ?? 0) : null,
        isPartial: date === partial,
      }
    })
  }

  const months = (views, filters) =>
    byKey(
      sum(chosen(views.kpi_daily_sessions, filters, 'session_date'), DAILY, (row) =>
        row.session_date.slice(0, 7),
      ),
    ).map(([month, group]) => ({ month, ...group, ...rates(group) }))

  /* For whoever cannot see the line: where it is highest and lowest. */
  function extremes(rows, column) {
    const whole = rows.filter((row) => !row.isPartial)
    if (whole.length === 0) return null
    const by = (compare) =>
      whole.reduce((best, row) => (compare(Number(row[column]), Number(best[column])) ? row : best))
    return { highest: by((left, right) => left > right), lowest: by((left, right) => left < right) }
  }

  Object.assign(figures, { totals, changes, trend, months, extremes })
})((globalThis.caecFigures ??= {}))
