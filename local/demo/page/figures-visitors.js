/* Who came back, and what sessions came from and with, from the view rows and the filters; it refuses to add visitors over weeks. */
;(function (figures) {
  'use strict'
  const { sum, byKey, ratio } = figures
  const NOT_SET = '(not set)'
  const COUNTS = ['sessions', 'sessions_with_purchase']
  const shift = (date, days) => new Date(Date.parse(date) + days * 86_400_000).toISOString().slice(0, 10)

  /* Weeks of first visit that the period touches, each whole; of several signup months a visitor is in one. */
  function retention(views, filters) {
    const rows = (views.kpi_retention_by_week ?? []).filter(
      (row) =>
        filters.from <= filters.to &&
        row.cohort_week <= filters.to &&
        shift(row.cohort_week, 6) >= filters.from &&
        filters.signupMonths.has(row.signup_month),
    )
    const over = new Map(rows.map((row) => [`${row.cohort_week}|${row.weeks_since_first}`, row.is_week_over]))
    const groups = sum(
      rows,
      ['cohort_visitors', 'visitors'],
      (row) => `${row.cohort_week}|${row.weeks_since_first}`,
    )
    return [...groups]
      .map(([key, group]) => {
        const [week, since] = key.split('|')
        return {
          week,
          since: Number(since),
          cohort: group.cohort_visitors,
          visitors: group.visitors,
          rate: ratio(group.visitors, group.cohort_visitors),
          isOver: over.get(key) === true,
        }
      })
      .sort((left, right) =>
        left.week < right.week ? -1 : left.week > right.week ? 1 : left.since - right.since,
      )
  }

  /* The ten with most sessions, ties by name, each with a row that is so named, and whether anything is named at all. */
  function most(rows, filters, name) {
    const inPeriod = rows.filter((row) => row.session_date >= filters.from && row.session_date <= filters.to)
    const groups = byKey(sum(inPeriod, COUNTS, name))
    const named = new Map(inPeriod.map((row) => [name(row), row]))
    const all = groups.reduce((total, [, group]) => figures.plus(total, group.sessions), 0)
    return {
      isNamed: rows.some((row) => name(row) !== NOT_SET),
      rows: groups
        .sort(([, left], [, right]) => Number(right.sessions) - Number(left.sessions))
        .slice(0, 10)
        .map(([title, group]) => ({
          name: title,
          named: named.get(title),
          ...group,
          share: ratio(group.sessions, all),
          conversionRate: ratio(group.sessions_with_purchase, group.sessions),
        })),
    }
  }
  const sources = (views, filters) =>
    most(
      views.kpi_sessions_by_last_touch ?? [],
      filters,
      /* What is not set at the end is left out. */
      (row) =>
        `${row.traffic_source} / ${row.traffic_medium} / ${row.campaign}`.replace(
          /( \/ \(not set\)){1,2}$/,
          '',
        ),
    )
  const devices = (views, filters) => most(views.kpi_sessions_by_device ?? [], filters, (row) => row.device)

  Object.assign(figures, { retention, sources, devices })
})((globalThis.caecFigures ??= {}))
