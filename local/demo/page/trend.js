/* Sessions by day with the mean of seven days and the period before, and event types by day. It refuses to join a day that is not over to the line. */
;(function (page) {
  'use strict'
  const { words, charts, tables } = page
  const day = (date) => new Date(date)
  const MOST_DOTS = 31

  const ticks = (width, rows) => ({
    type: 'utc',
    label: null,
    ticks: Math.max(2, Math.min(rows.length, Math.floor(width / 110))),
    tickSize: 0,
    tickPadding: 8,
  })
  const dayTable = [
    ['Day', (row) => `${row.date}${row.isPartial ? ' (not over)' : ''}`, 'date', 'name'],
    ['Sessions', (row) => words.count(row.sessions), 'sessions'],
    ['7-day mean', (row) => words.mean(row.mean), 'mean'],
    ['Period before', (row) => words.count(row.previous), 'previous'],
    ['Events in them', (row) => words.count(row.events), 'events'],
    ['Conversion', (row) => words.percent(row.conversionRate), 'conversionRate'],
    ['Single-event', (row) => words.percent(row.singleEventShare), 'singleEventShare'],
    ['Mean length', (row) => words.duration(row.secondsPerSession), 'secondsPerSession'],
  ]
  const monthTable = [
    ['Month', (row) => row.month, 'month', 'name'],
    ['Sessions', (row) => words.count(row.sessions), 'sessions'],
    ['Events in them', (row) => words.count(row.events), 'events'],
    ['Events per session', (row) => words.ratio(row.eventsPerSession), 'eventsPerSession'],
    ['Single-event sessions', (row) => words.count(row.single_event_sessions), 'single_event_sessions'],
    ['Single-event', (row) => words.percent(row.singleEventShare), 'singleEventShare'],
    ['Mean length', (row) => words.duration(row.secondsPerSession), 'secondsPerSession'],
  ]

  function sayTrend(rows, extremes) {
    if (!extremes) return `Sessions per day: ${rows.length} day, not over yet.`
    const { highest, lowest } = extremes
    return `Sessions per day, ${words.period({ from: rows[0].date, to: rows.at(-1).date })}: most ${words.count(highest.sessions)} on ${words.day(highest.date)}, fewest ${words.count(lowest.sessions)} on ${words.day(lowest.date)}. The table below holds every day.`
  }

  function show(rows, months, extremes) {
    tables.fill(
      'trend',
      dayTable,
      rows,
      (row) => row.date,
      page.drill.opener(({ date, sessions }) => ({ what: words.day(date), sessions, from: date, to: date })),
    )
    tables.fill(
      'months',
      monthTable,
      months,
      (row) => row.month,
      page.drill.opener(({ month, sessions }) => ({
        what: month,
        sessions,
        ...page.drill.daysOf('month', month, globalThis.caecFigures.shift),
      })),
    )
    const hasAny = rows.some((row) => Number(row.sessions) > 0)
    const { Plot } = globalThis
    const isCompared = rows.some((row) => row.previous !== null)
    page.element('trend').classList.toggle('compared', isCompared)
    page.element('trend').classList.toggle('partial', rows.at(-1)?.isPartial ?? false)
    charts.draw(
      'trend',
      sayTrend(rows, extremes),
      !hasAny
        ? null
        : (width) => {
            const drawn = rows.map((row) => ({ ...row, x: day(row.date), y: Number(row.sessions) }))
            const whole = drawn.filter((row) => !row.isPartial)
            const tip = (row) =>
              [
                `${words.period({ from: row.date, to: row.date })}${row.isPartial ? ' (not over)' : ''}`,
                words.plural(row.sessions, 'session', 'sessions'),
                ...(row.mean === null ? [] : [`7-day mean ${words.mean(row.mean)}`]),
                ...(row.previous === null
                  ? []
                  : [`${words.day(row.previousDate)}: ${words.count(row.previous)}`]),
              ].join('\n')
            return {
              height: width < 500 ? 220 : 250,
              marginLeft: 48,
              marginRight: 16,
              marginTop: 16,
              x: ticks(width, rows),
              y: {
                label: null,
                grid: true,
                zero: true,
                nice: true,
                ticks: 5,
                tickSize: 0,
                tickFormat: words.count,
              },
              marks: [
                Plot.areaY(whole, { x: 'x', y: 'y', fill: 'var(--accent)', fillOpacity: 0.08 }),
                ...(isCompared
                  ? [
                      Plot.lineY(drawn, {
                        x: 'x',
                        y: (row) => Number(row.previous),
                        stroke: 'var(--faint)',
                        strokeWidth: 1.5,
                        strokeDasharray: '4 4',
                      }),
                    ]
                  : []),
                Plot.lineY(whole, {
                  x: 'x',
                  y: 'y',
                  stroke: 'var(--accent)',
                  strokeWidth: 1.5,
                  strokeOpacity: 0.75,
                }),
                ...(rows.length <= MOST_DOTS
                  ? [Plot.dot(whole, { x: 'x', y: 'y', fill: 'var(--accent)', r: 2.5 })]
                  : []),
                Plot.lineY(
                  drawn.filter((row) => row.mean !== null),
                  { x: 'x', y: 'mean', stroke: 'var(--second)', strokeWidth: 2.5 },
                ),
                Plot.dot(
                  drawn.filter((row) => row.isPartial),
                  { x: 'x', y: 'y', r: 4, stroke: 'var(--accent)', strokeWidth: 1.5, fill: 'var(--card)' },
                ),
                Plot.ruleX(drawn, Plot.pointerX({ x: 'x', stroke: 'var(--line-strong)' })),
                Plot.tip(
                  drawn,
                  Plot.pointerX({
                    x: 'x',
                    y: 'y',
                    title: tip,
                    fill: 'var(--card)',
                    stroke: 'var(--line-strong)',
                    fontSize: 13,
                    lineHeight: 1.35,
                    textPadding: 10,
                  }),
                ),
              ],
            }
          },
    )
  }

  function showTypes({ rows, types }) {
    tables.fill(
      'volume',
      [
        ['Event', (row) => row.label, 'label', 'name'],
        ['Events', (row) => words.count(row.events), 'events'],
        ['Share', (row) => words.percent(row.share), 'share'],
        ['Busiest day', (row) => words.count(row.most), 'most'],
      ],
      types,
      (row) => row.eventType,
    )
    tables.fill(
      'volume-days',
      [
        ['Day', (row) => `${row.date}${row.isPartial ? ' (not over)' : ''}`, 'date', 'name'],
        ...types.map(({ eventType, label }) => [label, (row) => words.count(row[eventType]), eventType]),
      ],
      types.length ? rows : [],
      (row) => row.date,
    )
    const { Plot } = globalThis
    const said = types.map((type) => `${type.label} ${words.count(type.events)}`).join(', ')
    const isOneDay = rows.filter((row) => !row.isPartial).length < 2
    charts.draw(
      'volume',
      `Events by type: ${said}. The tables below hold every day.`,
      types.length === 0
        ? null
        : (width) => {
            /* Each type on a scale of its own: views would flatten purchases to a line. */
            const drawn = types.flatMap((type) =>
              rows.map((row) => ({
                type: type.eventType,
                x: day(row.date),
                y: Number(row[type.eventType]) / Math.max(1, type.most),
                isPartial: row.isPartial,
                text: `${words.period({ from: row.date, to: row.date })}${row.isPartial ? ' (not over)' : ''}\n${type.label}: ${words.count(row[type.eventType])}`,
              })),
            )
            const whole = drawn.filter((row) => !row.isPartial || isOneDay)
            const order = types.map((type) => type.eventType)
            return {
              height: 30 + types.length * (width < 500 ? 92 : 116),
              marginLeft: 2,
              marginRight: 2,
              marginTop: 26,
              marginBottom: 26,
              x: ticks(width, rows),
              y: { domain: [0, 1], axis: null },
              fy: { domain: order, axis: null, padding: 0.42 },
              marks: [
                Plot.ruleY([0], { stroke: 'var(--line-strong)' }),
                ...(isOneDay
                  ? [
                      Plot.ruleX(whole, {
                        x: 'x',
                        y: 'y',
                        fy: 'type',
                        stroke: 'var(--second)',
                        strokeWidth: 6,
                      }),
                    ]
                  : [
                      Plot.areaY(whole, {
                        x: 'x',
                        y: 'y',
                        fy: 'type',
                        fill: 'var(--second)',
                        fillOpacity: 0.14,
                      }),
                      Plot.lineY(whole, {
                        x: 'x',
                        y: 'y',
                        fy: 'type',
                        stroke: 'var(--second)',
                        strokeWidth: 1.75,
                      }),
                    ]),
                Plot.text(types, {
                  fy: 'eventType',
                  text: 'label',
                  frameAnchor: 'top-left',
                  dy: -19,
                  fontSize: 13,
                  fontWeight: 600,
                  fill: 'var(--ink)',
                }),
                Plot.text(types, {
                  fy: 'eventType',
                  text: (type) => `${words.count(type.events)} · ${words.percent(type.share)}`,
                  frameAnchor: 'top-right',
                  dy: -19,
                  fontSize: 13,
                  fill: 'var(--soft)',
                }),
                Plot.tip(
                  drawn,
                  Plot.pointerX({
                    x: 'x',
                    y: 'y',
                    fy: 'type',
                    title: 'text',
                    fill: 'var(--card)',
                    stroke: 'var(--line-strong)',
                    fontSize: 13,
                    lineHeight: 1.35,
                    textPadding: 10,
                  }),
                ),
              ],
            }
          },
    )
  }

  page.trend = { show, showTypes }
})((globalThis.caecPage ??= {}))
