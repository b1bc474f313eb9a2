/* The retention grid, and sessions by source and device. It refuses to shade a week that is not over like one that is. */
;(function (page) {
  'use strict'
  const { words, charts, heat, tables } = page
  const NARROWEST_TEXT = 34

  function showRetention(cells) {
    tables.fill(
      'retention',
      [
        ['Week of first visit', (row) => row.week, 'week', 'name'],
        ['Weeks since', (row) => words.count(row.since), 'since'],
        ['Visitors of that week', (row) => words.count(row.cohort), 'cohort'],
        ['Came back', (row) => words.count(row.visitors), 'visitors'],
        ['Retention', (row) => words.percent(row.rate), 'rate'],
        ['Week over', (row) => (row.isOver ? 'yes' : 'no'), 'isOver', 'name'],
      ],
      cells,
      (row) => `${row.week}|${row.since}`,
    )
    const { Plot } = globalThis
    /* Week 0 is all of them; it is drawn where there is no other. */
    const isYoung = cells.every((row) => row.since === 0)
    const later = cells.filter((row) => isYoung || row.since > 0)
    const weeks = [...new Set(later.map((row) => row.week))].sort()
    const columns = [...new Set(later.map((row) => row.since))].sort((left, right) => left - right)
    charts.draw(
      'retention',
      `Share of the visitors of ${words.plural(weeks.length, 'week', 'weeks')} who came back in each later week; the table below holds every cell.`,
      later.length === 0
        ? null
        : (width) => {
            const top = Math.max(...later.map((row) => row.rate), 0.0001)
            const { range, letters } = heat.shading((row) => row.rate / top)
            const { space, options } = heat.frame(width, {
              columns,
              slot: 24,
              columnText: (since) => `+${since}`,
              rows: weeks,
              rowHeight: 34,
              rowText: words.day,
            })
            return {
              ...options,
              color: { type: 'linear', domain: [0, top], range, interpolate: 'rgb' },
              marks: [
                Plot.cell(
                  later.filter((row) => row.isOver),
                  { x: 'since', y: 'week', fill: (row) => row.rate, rx: 4 },
                ),
                Plot.cell(
                  later.filter((row) => !row.isOver),
                  {
                    x: 'since',
                    y: 'week',
                    fill: 'none',
                    stroke: 'var(--line-strong)',
                    strokeDasharray: '3 3',
                    rx: 4,
                  },
                ),
                ...(space < NARROWEST_TEXT
                  ? []
                  : [
                      Plot.text(later, {
                        x: 'since',
                        y: 'week',
                        text: (row) => `${(row.rate * 100).toFixed(1)}`,
                        fill: (row) => (row.isOver ? letters(row) : 'var(--soft)'),
                        fontSize: 11.5,
                      }),
                    ]),
              ],
            }
          },
    )
  }

  /* behind: name of what is narrowed to the row's values. */
  const show = (id, what, behind) =>
    function ({ rows, isNamed }) {
      page.element(`${id}-none`).hidden = isNamed
      tables.fill(
        id,
        [
          [what, (row) => row.name, 'name', 'name'],
          ['Sessions', (row) => words.count(row.sessions), 'sessions'],
          ['Share', (row) => words.percent(row.share), 'share'],
          ['With purchase', (row) => words.count(row.sessions_with_purchase), 'sessions_with_purchase'],
          ['Conversion', (row) => words.percent(row.conversionRate), 'conversionRate'],
        ],
        rows,
        (row) => row.name,
        page.drill.opener((row) => ({ what: row.name, sessions: row.sessions, [behind]: row.named })),
      )
      const most = Number(rows[0]?.sessions ?? 0)
      const bars = rows.map((row, index) => ({
        key: index,
        name: row.name,
        value: Number(row.sessions) / most,
        right: words.percent(row.share),
        below: `${words.plural(row.sessions, 'session', 'sessions')} · ${words.percent(row.conversionRate)} with a purchase`,
      }))
      const said = bars.map((bar) => `${bar.name}: ${bar.right}, ${bar.below}`).join('; ')
      charts.draw(
        id,
        `Sessions and conversion by ${what.toLowerCase()}. ${said}.`,
        bars.length ? page.bars.barOptions(bars, 'var(--accent)', { hasTrack: false, space: 68 }) : null,
      )
    }

  page.visitors = {
    showRetention,
    showSources: show('sources', 'Source', 'touch'),
    showDevices: show('devices', 'Device', 'device'),
  }
})((globalThis.caecPage ??= {}))
