/* Event types, funnel, products and cohorts, from the view rows and the filters; it refuses to guess a name or to count an order twice. */
;(function (figures) {
  'use strict'
  const { plus, ratio, chosen, sum, sumAll, byKey } = figures

  const typeOrder = (views) => {
    const order = new Map(views.event_type_lookup.map((row) => [row.event_type, row.funnel_step ?? 99]))
    return (left, right) =>
      (order.get(left) ?? 99) - (order.get(right) ?? 99) || (left < right ? -1 : left > right ? 1 : 0)
  }
  const ofTypes = (views, filters) =>
    chosen(views.kpi_event_volume_by_type, filters, 'event_date').filter((row) =>
      filters.eventTypes.has(row.event_type),
    )

  function volume(views, filters) {
    const labels = new Map(views.kpi_event_volume_by_type.map((row) => [row.event_type, row.event_label]))
    const compare = typeOrder(views)
    const groups = sum(ofTypes(views, filters), ['events'], (row) => row.event_type)
    const all = [...groups.values()].reduce((total, group) => plus(total, group.events), 0)
    return [...groups]
      .sort(([left], [right]) => compare(left, right))
      .map(([eventType, group]) => ({
        eventType,
        label: labels.get(eventType) ?? eventType,
        events: group.events,
        share: ratio(group.events, all),
      }))
  }

  /* One row per day, one count per event type, and each count as a part of that type's busiest day. */
  function volumeByDay(views, filters, all) {
    const types = volume(views, filters)
    const groups = sum(ofTypes(views, filters), ['events'], (row) => `${row.event_date}|${row.event_type}`)
    const partial = figures.partialDay(all)
    const rows = figures.days(filters, all).map((date) => ({
      date,
      isPartial: date === partial,
      ...Object.fromEntries(
        types.map(({ eventType }) => [eventType, groups.get(`${date}|${eventType}`)?.events ?? 0]),
      ),
    }))
    return {
      rows,
      types: types.map((type) => ({
        ...type,
        most: Math.max(0, ...rows.map((row) => Number(row[type.eventType]))),
      })),
    }
  }

  /* Each step against the step before it and against all sessions. */
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
    const steps = [...groups].sort(([left], [right]) => left - right)
    const sessions = steps[0]?.[1].sessions_previous_step ?? 0
    return steps.map(([step, group]) => ({
      step,
      name: names.get(step),
      before: names.get(step - 1) ?? 'all sessions',
      sessions: group.sessions,
      previous: group.sessions_previous_step,
      lost: Number(group.sessions_previous_step) - Number(group.sessions),
      stepRate: ratio(group.sessions, group.sessions_previous_step),
      overallRate: ratio(group.sessions, sessions),
    }))
  }

  /* Whole numbers by their size: a longer one is larger. Anything else by its letters. */
  function compareItems(left, right) {
    const isNumber = /^(0|[1-9]\d*)$/
    if (isNumber.test(left) && isNumber.test(right) && left.length !== right.length)
      return left.length - right.length
    return left < right ? -1 : left > right ? 1 : 0
  }

  function products(views, filters) {
    const rows = chosen(views.kpi_top_products_named, filters, 'event_date')
    const all = sumAll(rows, ['transaction_lines']).transaction_lines
    const groups = sum(rows, ['transaction_lines', 'orders'], (row) => String(row.item_id))
    const enough = Float64Array.from(groups.values(), (group) => Number(group.transaction_lines))
      .sort()
      .at(-Math.min(10, groups.size))
    return [...groups]
      .filter(([, group]) => Number(group.transaction_lines) >= enough)
      .sort(
        ([leftId, left], [rightId, right]) =>
          Number(right.transaction_lines) - Number(left.transaction_lines) || compareItems(leftId, rightId),
      )
      .slice(0, 10)
      .map(([itemId, group], index) => ({
        rank: index + 1,
        itemId,
        name: rows.find((row) => String(row.item_id) === itemId)?.product_name ?? null,
        lines: group.transaction_lines,
        orders: group.orders,
        share: ratio(group.transaction_lines, all),
      }))
  }

  /* Sessions by signup month and by week, or by month when the period is long. */
  function cohorts(views, filters, all) {
    const { unit, of } = figures.bucketOf(filters, all)
    const groups = sum(
      chosen(views.kpi_sessions_by_signup_cohort, filters, 'session_date'),
      ['sessions', 'sessions_with_purchase'],
      (row) => `${row.signup_month}|${of(row.session_date)}`,
    )
    const cells = byKey(groups).map(([key, group]) => {
      const [signupMonth, bucket] = key.split('|')
      return {
        signupMonth,
        bucket,
        ...group,
        conversionRate: ratio(group.sessions_with_purchase, group.sessions),
      }
    })
    return { unit, cells }
  }

  Object.assign(figures, { volume, volumeByDay, funnel, products, cohorts })
})((globalThis.caecFigures ??= {}))
