/* The heat map of signup month against week or month of activity. It refuses to colour an empty cell. */
;(function (page) {
  'use strict'
  const { words, charts, tables } = page
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
            const space = (width - 68) / columns.length
            const every = Math.ceil(52 / space)
            const [low, high] = [charts.color('--heat-low'), charts.color('--heat-high')]
            const shade = globalThis.d3.interpolateRgb(low, high)
            const place = (row) =>
              most > least ? Math.log(row.sessions / least) / Math.log(most / least) : 1
            /* L* 50 is where black and white letters are equally readable. */
            const letters = (row) => (globalThis.d3.lab(shade(place(row))).l < 50 ? '#fff' : '#10151d')
            return {
              height: 34 + rows.length * 44,
              marginLeft: 68,
              marginTop: 26,
              marginRight: 0,
              marginBottom: 4,
              x: {
                domain: columns,
                label: null,
                axis: 'top',
                tickSize: 0,
                padding: 0.06,
                ticks: columns.filter((_, index) => index % every === 0),
                tickFormat: (bucket) => (unit === 'week' ? words.day(bucket) : bucket),
              },
              y: { domain: rows, label: null, tickSize: 0, padding: 0.1, tickFormat: words.month },
              color: {
                type: most > least ? 'log' : 'linear',
                domain: most > least ? [least, most] : [0, most],
                range: [low, high],
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
