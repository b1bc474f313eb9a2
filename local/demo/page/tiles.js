/* The tiles: a number, its change, and a line of its days. It refuses to colour a change that has no better side. */
;(function (page) {
  'use strict'
  const { words, make, makeSvg } = page
  const WIDTH = 120
  const HEIGHT = 28

  /* Only the shape: the points stand in the box of the line, the numbers stand in the table of the trend. */
  function sparkline(days, field) {
    const values = days
      .filter((day) => !day.isPartial && day[field] !== null)
      .map((day) => Number(day[field]))
    const svg = makeSvg('svg', {
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      preserveAspectRatio: 'none',
      'aria-hidden': 'true',
      class: 'spark',
    })
    if (values.length < 2) return svg
    const [low, high] = [Math.min(...values), Math.max(...values)]
    const x = (index) => ((index / (values.length - 1)) * WIDTH).toFixed(1)
    const y = (value) =>
      (HEIGHT - 2 - (high === low ? 0.5 : (value - low) / (high - low)) * (HEIGHT - 4)).toFixed(1)
    const line = values.map((value, index) => `${x(index)},${y(value)}`).join(' ')
    svg.append(
      makeSvg('polygon', { points: `0,${HEIGHT} ${line} ${WIDTH},${HEIGHT}` }),
      makeSvg('polyline', { points: line }),
    )
    return svg
  }

  function sayChange({ change, by, direction }) {
    if (change === null) return 'no rate before'
    const sign = direction > 0 ? '+' : direction < 0 ? '−' : '±'
    const size = Math.abs(change) * 100
    return by === 'points' ? `${sign}${words.ratio(size)} points` : `${sign}${words.mean(size)} %`
  }

  function show(totals, changes, days) {
    const tiles = {
      sessions: [words.count, `${words.ratio(totals.eventsPerSession)} events each`],
      events: [
        words.count,
        totals.events === totals.eventsOfTheDays
          ? 'as many as on these days'
          : `${words.count(totals.eventsOfTheDays)} on these days`,
      ],
      conversionRate: [
        words.percent,
        `${words.count(totals.sessionsWithPurchase)} of ${words.plural(totals.sessions, 'session', 'sessions')}`,
      ],
      lines: [words.count, 'lines of orders'],
      singleEventShare: [words.percent, words.plural(totals.single_event_sessions, 'session', 'sessions')],
      secondsPerSession: [words.duration, 'first to last event'],
    }
    for (const [name, [write, detail]] of Object.entries(tiles)) {
      const output = document.querySelector(`[data-metric=${name}]`)
      output.textContent = write(totals[name])
      output.dataset.value = String(totals[name] ?? '')
      const tile = output.closest('.tile')
      tile.querySelector('.detail').textContent = detail
      tile.querySelector('.line').replaceChildren(sparkline(days, name))
      const found = changes?.metrics[name]
      const delta = tile.querySelector('[data-delta]')
      delta.hidden = !found
      delta.dataset.value = String(found?.change ?? '')
      delta.className = `delta ${!found?.direction ? 'same' : found.isBetter ? 'better' : 'worse'}`
      if (!found) continue
      const arrow = found.direction > 0 ? '▲' : found.direction < 0 ? '▼' : '■'
      delta.replaceChildren(
        make('span', { textContent: arrow, attributes: { 'aria-hidden': 'true' } }),
        ` ${sayChange(found)}`,
        make('span', { className: 'unseen', textContent: `, ${write(found.before)} before` }),
      )
      delta.title = `${write(found.before)} in ${words.period(changes)}`
    }
  }

  page.tiles = { show }
})((globalThis.caecPage ??= {}))
