/* Binds filters to tables and charts; every number comes from figures.js. It refuses to compute. */
;(function () {
  'use strict'
  const figures = globalThis.caecFigures
  const report = JSON.parse(document.getElementById('report').textContent)
  const views = report.views
  const all = figures.domain(views)
  const element = (id) => document.getElementById(id)
  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim()

  const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })
  const decimal = new Intl.NumberFormat('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })
  const count = (value) => whole.format(value)
  const percent = (value) => (value === null ? '–' : `${decimal.format(value * 100)} %`)
  const perSession = (value) => (value === null ? '–' : decimal.format(value))
  function length(seconds) {
    if (seconds === null) return '–'
    const rounded = Math.round(seconds)
    return rounded < 60
      ? `${rounded} s`
      : `${Math.floor(rounded / 60)} min ${String(rounded % 60).padStart(2, '0')} s`
  }

  function checkboxes(container, choices) {
    for (const { value, label } of choices) {
      const box = Object.assign(document.createElement('input'), {
        type: 'checkbox',
        value,
        checked: true,
        defaultChecked: true,
      })
      const wrapper = document.createElement('label')
      wrapper.append(box, ` ${label}`)
      container.append(wrapper)
    }
  }

  function readFilters() {
    const checked = (id) =>
      new Set([...element(id).querySelectorAll('input:checked')].map((box) => box.value))
    return {
      from: element('from').value || all.from,
      to: element('to').value || all.to,
      eventTypes: checked('event-types'),
      signupMonths: checked('signup-months'),
    }
  }

  function cell(tag, text, className) {
    const node = document.createElement(tag)
    node.textContent = text
    if (className) node.className = className
    return node
  }

  /* columns: [heading, row → text, field name for readers of the page, class]; each body row carries data-key, each cell data-field and the exact value. */
  function fillTable(sectionId, caption, columns, rows, key) {
    const table = element(sectionId).querySelector('table')
    const head = document.createElement('tr')
    for (const [heading, , , className] of columns)
      head.append(Object.assign(cell('th', heading, className), { scope: 'col' }))
    const body = document.createElement('tbody')
    for (const row of rows) {
      const line = document.createElement('tr')
      line.dataset.key = key(row)
      for (const [, text, field, className] of columns) {
        const data = cell('td', text(row), className)
        data.dataset.field = field
        data.dataset.value = String(row[field] ?? '')
        line.append(data)
      }
      body.append(line)
    }
    if (rows.length === 0) {
      const line = document.createElement('tr')
      line.append(
        Object.assign(cell('td', 'Nothing matches these filters.', 'empty'), { colSpan: columns.length }),
      )
      body.append(line)
    }
    const header = document.createElement('thead')
    header.append(head)
    table.replaceChildren(cell('caption', caption), header, body)
  }

  /* Values written beside bars, so that no one has to hover. */
  const barLabels = {
    id: 'barLabels',
    afterDatasetsDraw(chart) {
      const { ctx } = chart
      ctx.save()
      ctx.fillStyle = color('--ink')
      ctx.font = '12px system-ui, sans-serif'
      const isHorizontal = chart.options.indexAxis === 'y'
      chart.data.datasets.forEach((dataset, index) => {
        for (const [position, bar] of chart.getDatasetMeta(index).data.entries()) {
          const text = dataset.labels?.[position] ?? count(dataset.data[position])
          ctx.textAlign = isHorizontal ? 'left' : 'center'
          ctx.textBaseline = isHorizontal ? 'middle' : 'bottom'
          ctx.fillText(text, isHorizontal ? bar.x + 5 : bar.x, isHorizontal ? bar.y : bar.y - 3)
        }
      })
      ctx.restore()
    },
  }

  const charts = new Map()
  function draw(sectionId, configuration) {
    charts.get(sectionId)?.destroy()
    charts.set(sectionId, new Chart(element(sectionId).querySelector('canvas'), configuration))
  }
  const axes = (extra = {}) => ({
    x: {
      ticks: { color: color('--soft'), maxRotation: 0, autoSkip: true, ...extra.xTicks },
      grid: { color: color('--line') },
      ...extra.x,
    },
    y: {
      beginAtZero: true,
      ticks: { color: color('--soft'), ...extra.yTicks },
      grid: { color: color('--line') },
      ...extra.y,
    },
  })
  const quiet = { animation: false, responsive: true, maintainAspectRatio: false }

  function drawBars(sectionId, labels, data, barColor, texts) {
    draw(sectionId, {
      type: 'bar',
      plugins: [barLabels],
      data: { labels, datasets: [{ data, labels: texts, backgroundColor: barColor, maxBarThickness: 28 }] },
      options: {
        ...quiet,
        indexAxis: 'y',
        plugins: { legend: { display: false }, tooltip: { enabled: false } },
        layout: { padding: { right: 90 } },
        scales: axes({ y: { beginAtZero: true }, yTicks: { autoSkip: false } }),
      },
    })
  }

  function showTotals(filters) {
    const totals = figures.totals(views, filters)
    const show = (name, text, value) => {
      const output = document.querySelector(`[data-metric=${name}]`)
      output.textContent = text
      output.dataset.value = String(value ?? '')
    }
    const detail = (name, text) => {
      document.querySelector(`[data-detail=${name}]`).textContent = text
    }
    show('sessions', count(totals.sessions), totals.sessions)
    detail('sessions', `${filters.from} to ${filters.to}`)
    show('events', count(totals.events), totals.events)
    detail('events', `${perSession(totals.eventsPerSession)} per session`)
    show('conversionRate', percent(totals.conversionRate), totals.conversionRate)
    detail('conversionRate', `${count(totals.sessionsWithPurchase)} of ${count(totals.sessions)} sessions`)
    show('singleEventShare', percent(totals.singleEventShare), totals.singleEventShare)
    detail('singleEventShare', `${count(totals.single_event_sessions)} sessions`)
    show('secondsPerSession', length(totals.secondsPerSession), totals.secondsPerSession)
  }

  function showEngagement(filters) {
    const { days, months } = figures.engagement(views, filters)
    fillTable(
      'engagement',
      'By month',
      [
        ['Month', (row) => row.month, 'month'],
        ['Sessions', (row) => count(row.sessions), 'sessions'],
        ['Events', (row) => count(row.events), 'events'],
        ['Events per session', (row) => perSession(row.eventsPerSession), 'eventsPerSession'],
        [
          'Single-event sessions',
          (row) => `${count(row.single_event_sessions)} (${percent(row.singleEventShare)})`,
          'single_event_sessions',
        ],
        ['Mean length', (row) => length(row.secondsPerSession), 'secondsPerSession'],
      ],
      months,
      (row) => row.month,
    )
    draw('engagement', {
      type: 'line',
      data: {
        labels: days.map((day) => day.date),
        datasets: [
          {
            label: 'Sessions',
            data: days.map((day) => Number(day.sessions)),
            borderColor: color('--accent'),
            backgroundColor: color('--accent'),
            pointRadius: days.length > 40 ? 0 : 2.5,
            borderWidth: 2,
          },
          {
            label: 'Events',
            data: days.map((day) => Number(day.events)),
            borderColor: color('--second'),
            backgroundColor: color('--second'),
            pointRadius: days.length > 40 ? 0 : 2.5,
            borderWidth: 2,
          },
        ],
      },
      options: {
        ...quiet,
        interaction: { mode: 'index', intersect: false },
        plugins: { legend: { labels: { color: color('--ink') } } },
        scales: axes({ xTicks: { maxTicksLimit: 10 } }),
      },
    })
  }

  function showVolume(filters) {
    const rows = figures.volume(views, filters)
    fillTable(
      'volume',
      'Events by type',
      [
        ['Event', (row) => row.label, 'label', 'name'],
        ['Events', (row) => count(row.events), 'events'],
        ['Share', (row) => percent(row.share), 'share'],
      ],
      rows,
      (row) => row.eventType,
    )
    drawBars(
      'volume',
      rows.map((row) => row.label),
      rows.map((row) => Number(row.events)),
      color('--second'),
    )
  }

  function showFunnel(filters) {
    const rows = figures.funnel(views, filters)
    fillTable(
      'funnel',
      'Sessions by step',
      [
        ['Step', (row) => `${row.step}. ${row.name}`, 'name', 'name'],
        ['Sessions', (row) => count(row.sessions), 'sessions'],
        ['Of', (row) => count(row.previous), 'previous'],
        ['Drop-off', (row) => percent(row.dropOff), 'dropOff'],
      ],
      rows,
      (row) => row.step,
    )
    drawBars(
      'funnel',
      rows.map((row) => row.name),
      rows.map((row) => Number(row.sessions)),
      color('--accent'),
    )
  }

  function showProducts(filters) {
    const rows = figures.products(views, filters)
    const name = (row) => row.name ?? `Item ${row.itemId}`
    fillTable(
      'products',
      'Most sold items',
      [
        ['Rank', (row) => String(row.rank), 'rank'],
        ['Product', name, 'itemId', 'name'],
        ['Lines', (row) => count(row.lines), 'lines'],
        ['Orders', (row) => count(row.orders), 'orders'],
      ],
      rows,
      (row) => row.itemId,
    )
    drawBars(
      'products',
      rows.map(name),
      rows.map((row) => Number(row.lines)),
      color('--second'),
    )
  }

  function showCohorts(filters) {
    const cells = figures.cohorts(views, filters)
    const months = [...new Set(cells.map((row) => row.month))].sort()
    const cohortNames = [...new Set(cells.map((row) => row.signupMonth))].sort()
    fillTable(
      'cohorts',
      'Sessions by signup month and month of activity',
      [
        ['Signup month', (row) => row.signupMonth.slice(0, 7), 'signupMonth'],
        ['Active in', (row) => row.month, 'month'],
        ['Sessions', (row) => count(row.sessions), 'sessions'],
        ['With purchase', (row) => count(row.sessions_with_purchase), 'sessions_with_purchase'],
        ['Conversion', (row) => percent(row.conversionRate), 'conversionRate'],
      ],
      cells,
      (row) => `${row.signupMonth}|${row.month}`,
    )
    const at = (cohort, month) =>
      Number(cells.find((row) => row.signupMonth === cohort && row.month === month)?.sessions ?? 0)
    draw('cohorts', {
      type: 'bar',
      data: {
        labels: months,
        datasets: cohortNames.map((cohort, index) => ({
          label: `signed up ${cohort.slice(0, 7)}`,
          data: months.map((month) => at(cohort, month)),
          backgroundColor: `rgb(${color('--heat')} / ${1 - (0.75 * index) / Math.max(1, cohortNames.length - 1)})`,
        })),
      },
      options: {
        ...quiet,
        plugins: { legend: { labels: { color: color('--ink'), boxWidth: 14 } } },
        scales: axes({ x: { stacked: true }, y: { stacked: true, beginAtZero: true } }),
      },
    })
  }

  function show() {
    const filters = readFilters()
    for (const note of document.querySelectorAll('[data-note]'))
      note.textContent = figures.notes(note.dataset.note, filters, all).join(' ')
    showTotals(filters)
    showEngagement(filters)
    showVolume(filters)
    showFunnel(filters)
    showProducts(filters)
    showCohorts(filters)
    document.body.dataset.shown = String(Number(document.body.dataset.shown ?? 0) + 1)
  }

  for (const [id, value] of [
    ['from', all.from],
    ['to', all.to],
  ]) {
    Object.assign(element(id), { min: all.from, max: all.to, value, defaultValue: value })
  }
  checkboxes(element('event-types'), all.eventTypes)
  checkboxes(
    element('signup-months'),
    all.signupMonths.map((month) => ({ value: month, label: month.slice(0, 7) })),
  )
  const through = Object.values(views)
    .flat()
    .map((row) => row.data_through)
    .filter(Boolean)
    .sort()
    .at(-1)
  element('data-through').textContent = through
    ? through.replace('T', ' ').replace(/\.\d+/, '').replace('Z', '')
    : 'no data'
  const { raw, clean, sessions } = report.stages
  element('stages').textContent =
    `${count(raw.rows)} raw rows = ${count(clean.rows)} clean + ${count(clean.rejected)} rejected + ${count(clean.duplicates)} duplicates; ${count(sessions.rows)} sessions.`
  element('filters').addEventListener('input', show)
  element('filters').addEventListener('reset', () => setTimeout(show))
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', show)
  show()
})()
