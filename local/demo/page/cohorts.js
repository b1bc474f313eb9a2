/* The heat map of signup month against week or month of activity. It refuses to colour an empty cell. */
;(function (page) {
  'use strict'
  const { words, charts, heat, tables } = page
  const NARROWEST_TEXT = 38

  function show({ unit, cells }) {
    page.element('cohort-unit').textContent = unit
    tables.fill(
      'cohorts',
      [
        ['Signup month', (row) => words.month(row.signupMonth), 'signupMonth', 'name'],
        [unit === 'week' ? 'Week of' : 'Month', (row) => row.bucket, 'bucket', 'name'],
        ['Sessions', (row) => words.count(row.sessions), 'sessions'],
        ['With purchase', (row) => words.count(row.sessions_with_purchase), 'sessions_with_purchase'],
        ['Conversion', (row) => words.percent(row.conversionRate), 'conversionRate'],
      ],
      cells,
      (row) => `${row.signupMonth}|${row.bucket}`,
      page.drill.opener(({ signupMonth, bucket, sessions }) => ({
        what: `${words.month(signupMonth)}, ${unit === 'week' ? `week of ${bucket}` : words.month(`${bucket}-01`)}`,
        sessions,
        signupMonth,
        ...page.drill.daysOf(unit, bucket, globalThis.caecFigures.shift),
      })),
    )
    const { Plot } = globalThis
    const columns = [...new Set(cells.map((row) => row.bucket))].sort()
    const rows = [...new Set(cells.map((row) => row.signupMonth))].sort()
    const label = `Sessions of ${words.plural(rows.length, 'signup month', 'signup months')} by ${unit}; the table below holds every cell.`
    charts.draw(
      'cohorts',
      label,
      cells.length === 0
        ? null
        : (width) => {
            const counts = cells.map((row) => Number(row.sessions))
            const [least, most] = [Math.min(...counts), Math.max(...counts)]
            const place = (row) =>
              most > least ? Math.log(row.sessions / least) / Math.log(most / least) : 1
            const { range, letters } = heat.shading(place)
            const { space, options } = heat.frame(width, {
              columns,
              slot: 52,
              columnText: (bucket) => (unit === 'week' ? words.day(bucket) : bucket),
              rows,
              rowHeight: 44,
              rowText: words.month,
            })
            return {
              ...options,
              color: {
                type: most > least ? 'log' : 'linear',
                domain: most > least ? [least, most] : [0, most],
                range,
                interpolate: 'rgb',
              },
              marks: [
                Plot.cell(cells, {
                  x: 'bucket',
                  y: 'signupMonth',
                  fill: (row) => Number(row.sessions),
                  rx: 4,
                }),
                ...(space < NARROWEST_TEXT
                  ? []
                  : [
                      Plot.text(cells, {
                        x: 'bucket',
                        y: 'signupMonth',
                        text: (row) => words.count(row.sessions),
                        fill: letters,
                        fontSize: space < 48 ? 11 : 12.5,
                      }),
                    ]),
                Plot.tip(
                  cells,
                  Plot.pointer({
                    x: 'bucket',
                    y: 'signupMonth',
                    title: (row) =>
                      `Signed up ${words.month(row.signupMonth)}, ${unit === 'week' ? `week of ${words.day(row.bucket)}` : row.bucket}\n${words.plural(row.sessions, 'session', 'sessions')}\n${words.percent(row.conversionRate)} with a purchase`,
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

  page.cohorts = { show }
})((globalThis.caecPage ??= {}))
