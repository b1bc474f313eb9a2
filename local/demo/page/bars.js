/* Bars with their words above them: the funnel, step by step, and the products. It refuses a logarithm where a rate can be read. */
;(function (page) {
  'use strict'
  const { words, charts, tables } = page
  const THICK = 12

  /* rows: { key, name, value: 0 to 1, right, below? }; a track shows what the whole bar would be. */
  const barOptions =
    (rows, fill, { hasTrack, space }) =>
    () => {
      const { Plot } = globalThis
      const placed = rows.map((row, index) => ({ ...row, top: index * space + 24 }))
      const [y1, y2] = [(row) => row.top, (row) => row.top + THICK]
      const letters = (row) => row.top - 11
      const shorten = (text) => (text.length > 42 ? `${text.slice(0, 41)}…` : text)
      return {
        height: rows.length * space,
        margin: 0,
        x: { domain: [0, 1], axis: null },
        y: { domain: [0, rows.length * space], range: [0, rows.length * space], axis: null },
        marks: [
          ...(hasTrack ? [Plot.rect(placed, { x1: 0, x2: 1, y1, y2, fill: 'var(--track)', rx: 3 })] : []),
          Plot.rect(placed, { x1: 0, x2: (row) => Math.max(row.value, 0.002), y1, y2, fill, rx: 3 }),
          Plot.text(placed, {
            y: letters,
            frameAnchor: 'left',
            text: (row) => shorten(row.name),
            fontSize: 13,
            fontWeight: 600,
            fill: 'var(--ink)',
          }),
          Plot.text(placed, {
            y: letters,
            frameAnchor: 'right',
            text: 'right',
            fontSize: 13,
            fill: 'var(--ink)',
          }),
          Plot.text(
            placed.filter((row) => row.below),
            {
              y: (row) => row.top + THICK + 11,
              frameAnchor: 'left',
              text: 'below',
              fontSize: 12.5,
              fill: 'var(--soft)',
            },
          ),
        ],
      }
    }

  function showFunnel(steps) {
    tables.fill(
      'funnel',
      [
        ['Step', (row) => `${row.step}. ${row.name}`, 'name', 'name'],
        ['Sessions', (row) => words.count(row.sessions), 'sessions'],
        ['Of', (row) => words.count(row.previous), 'previous'],
        ['Step to step', (row) => words.percent(row.stepRate), 'stepRate'],
        ['Lost', (row) => words.count(row.lost), 'lost'],
        ['Of all sessions', (row) => words.percent(row.overallRate), 'overallRate'],
      ],
      steps,
      (row) => String(row.step),
      page.drill.opener((row) => ({ what: row.name, sessions: row.sessions, step: row.step })),
    )
    const rows = steps.map((row) => ({
      key: row.step,
      name: `${row.step}. ${row.name}`,
      value: row.stepRate ?? 0,
      right: `${words.percent(row.stepRate)} of ${row.before}`,
      below: `${words.plural(row.sessions, 'session', 'sessions')} · ${words.percent(row.overallRate)} of all`,
    }))
    const said = rows.map((row) => `${row.name}: ${row.below}, ${row.right}`).join('; ')
    charts.draw(
      'funnel',
      `Funnel. ${said}.`,
      rows.length ? barOptions(rows, 'var(--accent)', { hasTrack: true, space: 72 }) : null,
    )
  }

  function showProducts(products) {
    const name = (row) => row.name ?? `Item ${row.itemId}`
    tables.fill(
      'products',
      [
        ['Rank', (row) => String(row.rank), 'rank', 'name'],
        ['Product', name, 'name', 'name'],
        ['Item', (row) => row.itemId, 'itemId'],
        ['Lines', (row) => words.count(row.lines), 'lines'],
        ['Orders', (row) => words.count(row.orders), 'orders'],
        ['Share of lines', (row) => words.percent(row.share), 'share'],
      ],
      products,
      (row) => row.itemId,
      page.drill.opener((row) => ({
        what: name(row),
        counted: words.plural(row.lines, 'line', 'lines'),
        item: row.itemId,
      })),
    )
    const most = Number(products[0]?.lines ?? 0)
    const rows = products.map((row) => ({
      key: row.rank,
      name: name(row),
      value: Number(row.lines) / most,
      right: words.plural(row.lines, 'line', 'lines'),
    }))
    const said = rows.map((row) => `${row.name} ${row.right}`).join(', ')
    charts.draw(
      'products',
      `Most sold items: ${said}.`,
      rows.length ? barOptions(rows, 'var(--second)', { hasTrack: false, space: 44 }) : null,
    )
  }

  page.bars = { barOptions, showFunnel, showProducts }
})((globalThis.caecPage ??= {}))
