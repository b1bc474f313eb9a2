/* Sums of view rows under the filters, and what the filters can be set to; it draws nothing and refuses to add what is not additive. */
;(function (figures) {
  'use strict'

  const FILTERS = {
    dates: 'Period',
    eventTypes: 'Event type',
    signupMonths: 'Signup month',
  }

  /* Which filter acts on which chart, and why one cannot. A filter not named here applies. */
  const SESSION_IS_WHOLE = 'a session is counted once whatever events it holds'
  const OF_THE_SESSION = 'it is counted by session, whoever the visitor is'
  const NOT_APPLICABLE = {
    totals: { eventTypes: SESSION_IS_WHOLE },
    trend: { eventTypes: SESSION_IS_WHOLE },
    volume: {},
    funnel: { eventTypes: 'each step already is an event type' },
    products: { eventTypes: 'only transactions sell a product' },
    cohorts: { eventTypes: SESSION_IS_WHOLE },
    retention: { eventTypes: 'any event is a visit' },
    sources: { eventTypes: SESSION_IS_WHOLE, signupMonths: OF_THE_SESSION },
    devices: { eventTypes: SESSION_IS_WHOLE, signupMonths: OF_THE_SESSION },
  }

  /* INT64 above 2^53 arrives as a string: exact sums need BigInt then. */
  const number = (value) => (typeof value === 'string' ? BigInt(value) : (value ?? 0))
  const plus = (left, right) =>
    typeof left === 'bigint' || typeof right === 'bigint' ? BigInt(left) + BigInt(right) : left + right
  const ratio = (part, whole) => (Number(whole) === 0 ? null : Number(part) / Number(whole))

  const chosen = (rows, filters, dateColumn) =>
    rows.filter(
      (row) =>
        row[dateColumn] >= filters.from &&
        row[dateColumn] <= filters.to &&
        filters.signupMonths.has(row.signup_month),
    )

  const zero = (columns) => Object.fromEntries(columns.map((column) => [column, 0]))
  function sum(rows, columns, key) {
    const groups = new Map()
    for (const row of rows) {
      const name = key(row)
      const group = groups.get(name) ?? zero(columns)
      for (const column of columns) group[column] = plus(group[column], number(row[column]))
      groups.set(name, group)
    }
    return groups
  }
  const sumAll = (rows, columns) => sum(rows, columns, () => 'all').get('all') ?? zero(columns)

  const byKey = (groups) => [...groups].sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0))

  /* A view comes as columns, one of one value as that value, one whose texts repeat as their places. */
  function rowsOf({ rows, columns }) {
    const made = Array.from({ length: rows }, () => ({}))
    for (const [name, column] of Object.entries(columns)) {
      const { all, each, texts, at } = column
      if (each) for (let index = 0; index < rows; index++) made[index][name] = each[index]
      else if (at) for (let index = 0; index < rows; index++) made[index][name] = texts[at[index]]
      else for (let index = 0; index < rows; index++) made[index][name] = all
    }
    return made
  }
  const unpack = (views) =>
    Object.fromEntries(Object.entries(views).map(([name, view]) => [name, rowsOf(view)]))

  /* What is made of all rows whatever the filters are is made once. */
  const made = new WeakMap()
  function once(rows, make) {
    if (!made.has(rows)) made.set(rows, make())
    return made.get(rows)
  }
  /* Lines by day and signup month: products have a hundred times the rows. */
  const soldByDay = (views) =>
    once(views.kpi_top_products_named, () =>
      [
        ...sum(
          views.kpi_top_products_named,
          ['transaction_lines'],
          (row) => `${row.event_date}|${row.signup_month}`,
        ),
      ].map(([key, group]) => {
        const [event_date, signup_month] = key.split('|')
        return { event_date, signup_month, ...group }
      }),
    )

  /* What the filters can be set to, and through when the data goes, from the data itself. */
  function domain(views) {
    const dated = [
      ...views.kpi_daily_sessions.map((row) => [row.session_date, row.signup_month]),
      ...views.kpi_event_volume_by_type.map((row) => [row.event_date, row.signup_month]),
    ]
    const dates = dated.map(([date]) => date).sort()
    const known = [...views.event_type_lookup]
      .sort((left, right) => (left.funnel_step ?? 99) - (right.funnel_step ?? 99))
      .map((row) => ({ value: row.event_type, label: row.event_label ?? row.event_type }))
    const seen = new Map(
      views.kpi_event_volume_by_type.map((row) => [row.event_type, row.event_label ?? row.event_type]),
    )
    for (const { value } of known) seen.delete(value)
    let through = ''
    for (const rows of Object.values(views))
      for (const row of rows) if (row.data_through && row.data_through > through) through = row.data_through
    return {
      from: dates[0] ?? '',
      to: dates.at(-1) ?? '',
      through: through || null,
      signupMonths: [...new Set(dated.map(([, month]) => month))].sort(),
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
  const notes = (chart, filters, all) =>
    activeFilters(filters, all)
      .filter((name) => NOT_APPLICABLE[chart][name] !== undefined)
      .map((name) => `The filter “${FILTERS[name]}” does not apply here: ${NOT_APPLICABLE[chart][name]}.`)

  Object.assign(figures, { plus, ratio, chosen, sum, sumAll, byKey, unpack, once, soldByDay, domain, notes })
})((globalThis.caecFigures ??= {}))
