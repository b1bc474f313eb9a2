/* Periods: presets, the period before, days, weeks and the day that is not over. It refuses to compare with days the data does not have. */
;(function (figures) {
  'use strict'

  const DAY_MS = 86_400_000
  /* A last event in the last hour of a day: that day is as good as over. */
  const LAST_HOUR_MS = 3_600_000
  const shift = (date, days) => new Date(Date.parse(date) + days * DAY_MS).toISOString().slice(0, 10)
  const length = (from, to) => Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS) + 1
  const later = (left, right) => (left > right ? left : right)
  const earlier = (left, right) => (left < right ? left : right)

  /* Every day of the period that the data covers, with or without a session. */
  function days(filters, all) {
    const [from, to] = [later(filters.from, all.from), earlier(filters.to, all.to)]
    if (!all.from || !from || !to || from > to) return []
    return Array.from({ length: length(from, to) }, (_, index) => shift(from, index))
  }

  /* The last day, when the data ends inside it. */
  function partialDay(all) {
    if (!all.through || all.through.slice(0, 10) !== all.to) return null
    const end = Date.parse(shift(all.to, 1))
    return end - Date.parse(all.through) > LAST_HOUR_MS ? all.to : null
  }

  const lastFullDay = (all) => {
    const partial = partialDay(all)
    return partial && partial > all.from ? shift(partial, -1) : all.to
  }

  const monthStart = (date) => `${date.slice(0, 7)}-01`

  /* Named periods; `from: null` where the data does not reach back so far. */
  function presets(all) {
    if (!all.from) return []
    const end = lastFullDay(all)
    const last = (count) => {
      const from = shift(end, 1 - count)
      return { from: from < all.from ? null : from, to: end }
    }
    const month = monthStart(all.to)
    const before = monthStart(shift(month, -1))
    return [
      { id: '7d', label: '7 days', ...last(7) },
      { id: '28d', label: '28 days', ...last(28) },
      { id: '90d', label: '90 days', ...last(90) },
      { id: 'month', label: 'This month', from: later(month, all.from), to: all.to },
      {
        id: 'last-month',
        label: 'Last month',
        from: shift(month, -1) < all.from ? null : later(before, all.from),
        to: shift(month, -1),
      },
      { id: 'all', label: 'All', from: all.from, to: all.to },
    ]
  }

  /* The longest of the rolling presets that has a whole period before it; all, when none has. */
  function startingPreset(all) {
    const found = presets(all)
    const whole = ['90d', '28d', '7d'].find((id) => {
      const preset = found.find((one) => one.id === id)
      return preset?.from && previous({ ...preset }, all)
    })
    return whole ?? 'all'
  }

  /* As many days right before; null unless the data has all of them. */
  function previous(filters, all) {
    const { from, to } = filters
    if (!all.from || !from || !to || from > to || from > all.to || to > all.to) return null
    const count = length(from, to)
    const start = shift(from, -count)
    return start < all.from ? null : { ...filters, from: start, to: shift(from, -1) }
  }

  /* Weeks start on Monday, as in ISO 8601. */
  const weekStart = (date) => shift(date, -((new Date(Date.parse(date)).getUTCDay() + 6) % 7))
  const MOST_WEEKLY_DAYS = 92
  const bucketOf = (filters, all) => {
    const covered = days(filters, all).length
    return covered > MOST_WEEKLY_DAYS
      ? { unit: 'month', of: (date) => date.slice(0, 7) }
      : { unit: 'week', of: weekStart }
  }

  Object.assign(figures, {
    shift,
    length,
    days,
    partialDay,
    presets,
    startingPreset,
    previous,
    bucketOf,
  })
})((globalThis.caecFigures ??= {}))
